#include "gan/run/verify_resume.h"

#include <unistd.h>

#include "gan/base/archive.h"
#include "gan/base/file.h"
#include "gan/base/sha256.h"
#include "gan/base/temporary_folder.h"
#include "gan/base/text.h"
#include "gan/run/checkpoint.h"
#include "gan/run/metrics_log.h"
#include "gan/run/trainer.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// Trains from step `first`, of which the folder has a checkpoint unless it is 0, to step `last`. Throws Error unless
/// it ends well.
void train(Options options, int64_t first, int64_t last, const Dataset& data, const RunFolder& folder) {
  options.steps = last;
  Trainer trainer(options, data);
  trainer.judge_by(Evaluator::of(options.data, data.shape(), options.preparation));
  if (const auto checkpoint = newest_checkpoint(folder)) trainer.load(checkpoint->content);
  TORCH_CHECK(trainer.step() == first, "verify_resume: began at step ", trainer.step(), " instead of ", first);
  Progress progress({}, /*quiet=*/true);
  if (trainer.run(folder, progress) != RunEnd::finished) throw Error("stopped before the end");
  if (!trainer.saved()) throw Error(folder.path().string() + ": could not be written");
}

/// SHA-256 of some entries of a dictionary.
std::string digest(const Dict& from, const std::vector<std::string>& keys) {
  Dict part;
  for (const auto& key : keys) part.set(key, from.at(key));
  Sha256 hash;
  hash.update(pack_archive(part));
  return hash.hex();
}

}  // namespace

ResumeCheck verify_resume(const Options& options, const Dataset& data, int64_t steps) {
  Options all = options;
  all.max_minutes = 0;
  all.log_every = {1};
  all.sample_every = all.eval_every = {steps / 2};
  all.on_collapse = OnCollapse::warn;
  all.checkpoint_every = {0};
  const TemporaryFolder temporary("gan-verify");
  const RunFolder straight = RunFolder::create(temporary.path() / "straight", options.recipe),
                  broken = RunFolder::create(temporary.path() / "broken", options.recipe);
  train(all, 0, steps, data, straight);
  train(all, 0, steps / 2, data, broken);
  train(all, steps / 2, steps, data, broken);

  ResumeCheck check{.same = true};
  const auto compare = [&](const std::string& what, const std::string& a, const std::string& b) {
    check.same &= a == b;
    check.report += (a == b ? "same     " : "differs  ") + what + "\n";
  };
  const Dict a = newest_checkpoint(straight)->content, b = newest_checkpoint(broken)->content;
  const auto compare_entries = [&](const std::string& what, const char* section, const std::vector<std::string>& keys) {
    const std::string sha256 = digest(a.get<Dict>(section), keys);
    compare(what + ", SHA-256 " + sha256, sha256, digest(b.get<Dict>(section), keys));
  };
  compare_entries("weights and optimizers of all players", "training", {"parts", "optimizers"});
  compare_entries("averaged weights", "training", {"averages"});
  compare_entries("random generators and order of images", "training", {"random", "batches"});
  compare_entries("best evaluation and watchdog", "judging", {"best", "watchdog"});
  for (const int64_t step : {int64_t{0}, steps / 2, steps}) {
    compare("grid of step " + to_text(step), read_file(straight.sample(step)), read_file(broken.sample(step)));
  }
  compare("all lines of metrics, except times and memory", without_times(read_file(straight.metrics())),
          without_times(read_file(broken.metrics())));
  return check;
}

}  // namespace gan
