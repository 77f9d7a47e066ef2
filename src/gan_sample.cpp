// gan-sample: draws samples from a generator that gan-train made.

#include <iostream>

#include "gan/cli/program.h"
#include "gan/cli/sample_command.h"
#include "gan/device/device.h"
#include "gan/run/checkpoint.h"
#include "gan/sampling/sample_files.h"
#include "gan/sampling/sampler.h"

namespace {

int sample(const gan::SampleCommand& command) {
  if (command.print) return std::cout << *command.print, 0;
  gan::require_place_for_samples(command.out, command.format);
  const auto device =
      gan::set_up_device(command.device, command.threads, /*deterministic=*/true);  // a seed names a sample
  const gan::TrainedGenerator trained = gan::read_generator(command.checkpoint);
  const gan::Network generator = command.weights == gan::WeightsKind::ema ? trained.averaged : trained.raw;
  gan::move_to(generator, device);
  gan::move_to(trained.discriminator, device);

  const auto seeds = command.nice ? gan::nice_seeds(generator, trained.discriminator, trained.latents(), command.seed,
                                                    command.count, command.nice_factor, command.nice_by)
                                  : gan::seeds_from(command.seed, command.count);
  const auto draw = [&](const gan::TakeSamples& take) { gan::draw_samples(generator, trained.latents(), seeds, take); };
  std::cout << gan::write_samples(command.out, command.format, command.grid, trained.images, seeds, draw) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gan::run_program("gan-sample", "--count or --grid",
                          [&] { return sample(gan::parse_sample_command(argc, argv)); });
}
