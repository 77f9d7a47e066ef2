#include "gan/run/messages.h"

#include <cstring>
#include <sstream>

#include "gan/base/text.h"
#include "gan/device/device.h"
#include "gan/device/machine.h"
#include "gan/dist/world.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// The file of the classifier that judges: as session.cpp chooses it.
fs::path judged_by(const Start& start, const RunFolder& folder) {
  std::error_code none;
  return fs::exists(folder.classifier(), none) ? folder.classifier() : Evaluator::expected_at(start.data);
}

std::string meaning_of_numbers(Loss loss, bool judged) {
  const bool probable = scores_are_probabilities(loss);
  return std::string(judged ? "..._fd: distance of samples from real images; lower is better\n" : "") +
         "d_real, d_fake: how real D rates real images, samples" +
         (probable ? ", 0 to 1 (0.5: it cannot tell)\n" : " (equal: it cannot tell)\n") +
         "d_loss, g_loss: what D, G minimise; they do not measure how good samples are";
}

/// What makes the bits of a resumed run differ from those of a run that was never stopped; empty if nothing does.
std::string changes_of_bits(const Start& start, at::Device device) {
  std::string changes = machine_changes(start.checkpoint->machine(), machine(device));
  const bool philox = start.checkpoint->section("training").contains("latent_generator");  // older runs lack it
  if (!philox && device.is_cpu() && start.options.network.dropout > 0) {
    changes += std::string(changes.empty() ? "" : ", ") + "dropout: hash -> philox";
  }
  return changes;
}

void tell_resume(const Start& start, const Trainer& trainer, Progress& progress) {
  progress.info("resumed at step " + to_text(trainer.step()) + (start.checkpoint ? "" : ": no checkpoint yet"));
  const std::string changes = start.checkpoint ? changes_of_bits(start, trainer.device()) : "";
  if (!changes.empty()) {
    progress.warn("from here on the bits differ from those of a run that was never stopped: " + changes);
  }
}

}  // namespace

void tell_start(const Start& start, const Trainer& trainer, const RunFolder& folder, const std::string& why_not_judged,
                Progress& progress) {
  if (start.checkpoint) {
    for (const auto& damaged : start.checkpoint->damaged) progress.warn(damaged.what + "; taking the one before it");
  }
  if (start.resumed) {
    tell_resume(start, trainer, progress);
  } else {
    progress.table(trainer.summary());
    if (start.forked) progress.info("begins with the weights of " + start.checkpoint->path.string());
  }
  if (!start.options_warning.empty()) progress.warn(start.options_warning);
  if (!start.data_from.empty()) progress.info("data from where the run was started: " + start.data);
  if (start.options.eval_every.count > 0) {
    progress.info(trainer.evaluator() ? "samples are judged by " + judged_by(start, folder).string() + ", sha256 " +
                                            trainer.evaluator()->sha256()
                                      : "samples are not judged: " + why_not_judged);
  }
  if (!start.resumed) progress.info(meaning_of_numbers(start.options.game.loss, trainer.evaluator().has_value()));
  const int64_t ranks = world().group.size();
  progress.info(start.options.recipe + " on " + device_text(trainer.device()) +
                (ranks > 1 ? ", " + to_text(ranks) + " processes" : "") + ", writing to " + folder.path().string());
  progress.record(kMachine + machine_text(trainer.device()));
  if (start.resumed && trainer.finished() && !trainer.has_to_show()) {
    progress.warn("the run is already over; a larger --steps, --epochs or --max-minutes continues it");
  }
}

void tell_stop(const Trainer& trainer, const RunFolder& folder, const std::string& program, Progress& progress) {
  progress.info(std::string("stopped (") + ::strsignal(trainer.signal()) + ") after step " + to_text(trainer.step()) +
                " in epoch " + to_text(trainer.epoch()) + "; saved as " + folder.checkpoint(trainer.step()).string());
  progress.info("to go on: " + shell_word(program) + " --resume " + shell_word(folder.path().string()));
}

std::string results(const Trainer& trainer, const RunFolder& folder) {
  std::ostringstream out;
  out << "run        " << folder.path().string() << '\n';
  const fs::path sample = folder.sample(trainer.step());
  if (fs::exists(sample)) out << "samples    " << sample.string() << '\n';  // a stopped run has drawn no last grid
  if (fs::exists(folder.report())) out << "report     " << folder.report().string() << '\n';
  out << "generator  " << folder.generator().string() << '\n' << "sha256     " << trainer.sha256() << '\n';
  if (const Best& best = trainer.best(); best.step >= 0) {
    out << "best       " << folder.best_generator().string() << ", step " << best.step << ", " << best.name << ' '
        << fixed_text(best.distance, 2) << "; last " << fixed_text(best.last_distance, 2) << '\n';
  }
  out << "trained    " << trainer.step() << (trainer.step() == 1 ? " step in " : " steps in ")
      << clock_text(trainer.seconds()) << '\n';
  return out.str();
}

}  // namespace gan
