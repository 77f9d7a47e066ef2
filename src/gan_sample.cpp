// gan-sample: draws samples from a generator that gan-train made.

#include <iostream>

#include "gan/cli/program.h"
#include "gan/cli/sample_command.h"
#include "gan/device/device.h"
#include "gan/run/model_file.h"
#include "gan/sampling/sample_files.h"
#include "gan/sampling/sampler.h"

namespace {

int sample(const gan::SampleCommand& command) {
  if (command.print) return std::cout << *command.print, 0;
  gan::require_place_for_samples(command.out, command.format);
  const auto device =
      gan::set_up_device(command.device, command.threads, /*deterministic=*/true);  // a seed names a sample
  const gan::TrainedModel trained = gan::read_model(command.checkpoint, command.weights);
  const gan::Model& model = *trained.model;
  gan::move_to(model, device);

  const auto seeds = command.nice
                         ? gan::nice_seeds(model, command.seed, command.count, command.nice_factor, command.nice_by)
                         : gan::seeds_from(command.seed, command.count);
  const auto draw = [&](const gan::TakeSamples& take) { gan::draw_samples(model, seeds, take); };
  std::cout << gan::write_samples(command.out, command.format, command.grid, trained.images, seeds, draw) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gan::run_program("gan-sample", "--count or --grid",
                          [&] { return sample(gan::parse_sample_command(argc, argv)); });
}
