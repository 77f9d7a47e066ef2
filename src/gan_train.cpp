// gan-train: trains a GAN on small images.

#include <cstring>
#include <iostream>

#include "gan/base/file.h"
#include "gan/base/stop.h"
#include "gan/base/text.h"
#include "gan/cli/config.h"
#include "gan/cli/program.h"
#include "gan/cli/train_command.h"
#include "gan/device/device.h"
#include "gan/device/machine.h"
#include "gan/run/bench.h"
#include "gan/run/trainer.h"
#include "gan/run/verify_resume.h"

namespace {

int verify(const gan::Options& options, const gan::Dataset& data, int64_t steps) {
  gan::catch_stop_signals();  // the folder aside goes, too
  const gan::ResumeCheck check = gan::verify_resume(options, data, steps);
  std::cout << check.report << (check.same ? "resumed" : "NOT resumed") << " exactly at step " << steps / 2 << " of "
            << steps << '\n';
  return check.same ? 0 : 1;
}

std::string why_not_judged(const std::string& data) {
  const auto classifier = gan::Evaluator::expected_at(data);
  if (!std::filesystem::is_directory(classifier.parent_path())) return "that takes a folder, with test images";
  if (std::filesystem::exists(classifier)) return "no test images beside " + classifier.string();
  return "expected " + classifier.string() + " (gan-eval --train-classifier makes one)";
}

/// What the numbers of the lines to come mean.
std::string numbers_explained(gan::Loss loss, bool judged) {
  const bool probable = gan::scores_are_probabilities(loss);
  return std::string(judged ? "..._fd: distance of samples from real images; the lower, the better\n" : "") +
         "d_real, d_fake: how real D finds images, samples" +
         (probable ? ", 0 to 1 (0.5: it cannot tell)\n" : " (alike: it cannot tell)\n") +
         "d_loss, g_loss: what D, G make smaller; no measure of how good samples are";
}

/// What there is to know before the first step.
void tell_start(const gan::TrainCommand& command, const gan::Trainer& trainer, const gan::RunFolder& folder,
                gan::Progress& progress) {
  const std::string from = command.checkpoint ? command.checkpoint->path.string() : "";
  if (command.checkpoint) {
    for (const auto& damaged : command.checkpoint->damaged) {
      progress.warn(damaged.what + "; taking the one before it");
    }
  }
  if (!command.resume.empty()) {
    progress.info("resumed at step " + gan::to_text(trainer.step()) + (from.empty() ? ": no checkpoint yet" : ""));
  } else {
    progress.table(trainer.summary());
    if (!from.empty()) progress.info("begins with the weights of " + from);
  }
  if (!command.resume.empty() && command.checkpoint) {
    std::string changes = gan::machine_changes(command.checkpoint->machine(), gan::machine(trainer.device()));
    const bool philox = command.checkpoint->section("training").contains("latent_generator");
    const bool hashed = !philox && trainer.device().is_cpu();  // from before philox
    if (hashed && command.options.network.dropout > 0)
      changes += (changes.empty() ? "" : ", ") + std::string("dropout: hash -> philox");
    if (!changes.empty()) progress.warn("from here on the bits differ from those of the run never stopped: " + changes);
  }
  if (!command.warning.empty()) progress.warn(command.warning);
  if (!command.data_from.empty()) progress.info("data from where the run was started: " + command.data);
  if (command.options.eval_every.count > 0) {
    const std::string& data = command.data;
    progress.info(trainer.evaluator() ? "samples are judged by " + gan::Evaluator::expected_at(data).string() +
                                            ", sha256 " + trainer.evaluator()->sha256()
                                      : "samples are not judged: " + why_not_judged(data));
  }
  if (command.resume.empty()) {
    progress.info(numbers_explained(command.options.game.loss, trainer.evaluator().has_value()));
  }
  progress.info(command.options.recipe + " on " + gan::device_text(trainer.device()) + ", writing to " +
                folder.path().string());
  if (!command.resume.empty() && trainer.finished() && !trainer.has_to_show()) {
    progress.warn("the run is at its end already; --steps, --epochs or --max-minutes beyond that takes it further");
  }
}

/// Where a run that a signal stopped stands, and how it goes on. `program` is as it was called.
void tell_stop(const gan::Trainer& trainer, const gan::RunFolder& folder, const std::string& program,
               gan::Progress& progress) {
  progress.info(std::string("stopped (") + ::strsignal(gan::stop_signal()) + ") after step " +
                gan::to_text(trainer.step()) + " in epoch " + gan::to_text(trainer.epoch()) + "; saved as " +
                folder.checkpoint(trainer.step()).string());
  progress.info("to go on: " + gan::shell_word(program) + " --resume " + gan::shell_word(folder.path().string()));
}

/// Where everything is. A run that was stopped has saved but drawn no last grid.
void print_results(const gan::Trainer& trainer, const gan::RunFolder& folder) {
  const auto sample = folder.sample(trainer.step());
  std::cout << "run        " << folder.path().string() << '\n';
  if (std::filesystem::exists(sample)) std::cout << "samples    " << sample.string() << '\n';
  std::cout << "generator  " << folder.generator().string() << '\n' << "sha256     " << trainer.sha256() << '\n';
  if (const gan::Best& best = trainer.best(); best.step >= 0) {
    std::cout << "best       " << folder.best_generator().string() << ", step " << best.step << ", " << best.name << ' '
              << gan::fixed_text(best.distance, 2) << "; last " << gan::fixed_text(best.last_distance, 2) << '\n';
  }
  std::cout << "trained    " << trainer.step() << " steps in " << gan::clock_text(trainer.seconds()) << '\n';
}

int time_parts(const gan::Options& options, const gan::Dataset& data) {
  gan::catch_stop_signals();  // the folder aside goes, too
  std::cerr << "timing steps for some fifteen seconds\n";
  std::cout << gan::bench(options, data);
  return gan::stop_signal() ? 128 + gan::stop_signal() : 0;
}

int train(const gan::TrainCommand& command, const std::string& program) {
  if (command.print) return std::cout << *command.print, 0;
  gan::Options options = command.options;
  const bool leaves_a_run = !command.folder && !command.dry_run && !command.bench && command.verify_steps == 0;
  if (leaves_a_run) gan::RunFolder::require_place(command.out);
  gan::set_up_device(options.device, options.threads, options.deterministic);
  gan::keep_freed_memory();
  const gan::Dataset data = gan::load_dataset(command.data, gan::Split::train, gan::Labels::skip, options.transpose);
  if (options.precision == gan::Precision::automatic) {
    options.precision = gan::quicker_precision(options, data);
    std::cerr << "precision: " << gan::to_text(options.precision) << ", the quicker here and now\n";
  }
  if (command.bench) return time_parts(options, data);
  if (command.verify_steps > 0) return verify(options, data, command.verify_steps);
  gan::Trainer trainer(options, data);
  if (options.eval_every.count > 0) trainer.judge_by(gan::Evaluator::of(command.data, data.shape(), options.transpose));
  if (command.checkpoint) {
    const std::string data_found = command.data_from.empty() ? "" : " with " + command.data;
    gan::with_context(command.checkpoint->path.string() + data_found, [&] {
      command.folder ? trainer.load(command.checkpoint->content) : trainer.load_weights(command.checkpoint->content);
    });
  }
  if (command.dry_run) return std::cout << trainer.summary() << '\n' << gan::to_toml(options), 0;

  const auto folder = command.folder ? *command.folder : gan::RunFolder::create(command.out, options.recipe);
  if (command.folder && command.checkpoint) gan::set_aside(command.checkpoint->damaged);
  const bool new_options = command.checkpoint && gan::to_toml(options) != gan::to_toml(command.checkpoint->options);
  if (new_options || !command.fork.empty()) trainer.save_start(folder);
  if (!command.warning.empty() || !gan::config_says(folder.options(), options)) {
    gan::write_file(folder.options(), gan::to_toml(options));
  }
  const auto data_from = command.data_from.empty() ? std::filesystem::current_path() : command.data_from;
  gan::write_file(folder.started_in(), data_from.string() + "\n");
  gan::Progress progress(folder.log(), command.quiet);
  tell_start(command, trainer, folder, progress);

  gan::catch_stop_signals();
  const gan::RunEnd end = trainer.run(folder, progress);
  progress.wipe();
  if (!trainer.saved()) throw std::runtime_error("the last checkpoint could not be written; see the warning above");
  if (end == gan::RunEnd::stopped) tell_stop(trainer, folder, program, progress);
  print_results(trainer, folder);
  return end == gan::RunEnd::finished ? 0 : 128 + gan::stop_signal();
}

}  // namespace

int main(int argc, char** argv) {
  return gan::run_program("gan-train", "--batch-size, --base-channels or --eval-samples",
                          [&] { return train(gan::parse_train_command(argc, argv), argv[0]); });
}
