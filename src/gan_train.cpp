// gan-train: trains a GAN on small images.

#include <iostream>

#include "gan/base/file.h"
#include "gan/cli/program.h"
#include "gan/cli/train_command.h"
#include "gan/run/device.h"
#include "gan/run/stop.h"
#include "gan/run/trainer.h"

namespace {

/// Where everything is. A run that was stopped has saved but drawn no last grid.
void print_results(const gan::Trainer& trainer, const gan::RunFolder& folder) {
  const auto sample = folder.sample(trainer.step());
  std::cout << "run        " << folder.path().string() << '\n';
  if (std::filesystem::exists(sample)) std::cout << "samples    " << sample.string() << '\n';
  std::cout << "generator  " << folder.generator().string() << '\n'
            << "sha256     " << gan::weights_sha256(trainer.generator().averaged) << '\n'
            << "trained    " << trainer.step() << " steps in " << gan::clock_text(trainer.seconds()) << '\n';
}

int train(const gan::TrainCommand& command) {
  if (command.print) return std::cout << *command.print, 0;
  const gan::Options& options = command.options;
  gan::set_up_threads(options.threads);
  gan::Trainer trainer(options, gan::load_dataset(options.data));
  if (command.dry_run) return std::cout << trainer.summary() << '\n' << gan::to_toml(options), 0;

  const bool resumed = !command.resume.empty();
  if (resumed) trainer.load(command.checkpoint);
  const auto folder = resumed ? gan::RunFolder(command.resume) : gan::RunFolder::create(command.out, options.recipe);
  gan::write_file(folder.options(), gan::to_toml(options));
  gan::Progress progress(folder.log(), command.quiet);
  progress.info(resumed ? "resumed at step " + gan::to_text(trainer.step()) : trainer.summary());
  progress.info(options.recipe + " on " + gan::device_text(trainer.device()) + ", writing to " +
                folder.path().string());

  if (resumed && trainer.finished()) {
    progress.warn("the run is at its end already; --steps, --epochs or --max-minutes takes it further");
  }
  gan::catch_stop_signals();
  trainer.run(folder, progress);
  print_results(trainer, folder);
  return trainer.finished() ? 0 : 128 + gan::stop_signal();
}

}  // namespace

int main(int argc, char** argv) {
  return gan::run_program("gan-train", [&] { return train(gan::parse_train_command(argc, argv)); });
}
