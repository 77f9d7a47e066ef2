// gan-sample: draws samples from a generator that gan-train made.

#include <iostream>

#include "gan/base/text.h"
#include "gan/cli/program.h"
#include "gan/cli/sample_command.h"
#include "gan/device/device.h"
#include "gan/run/model_file.h"
#include "gan/sampling/sample_files.h"
#include "gan/sampling/sampler.h"

namespace {

std::vector<gan::SetPart> set_parts(const gan::SampleCommand& command, const gan::LatentSpace& space) {
  std::vector<gan::SetPart> parts;
  for (const auto& [flag, name, numbers] : command.parts) {
    gan::with_context(flag, [&] { parts.push_back({name, space.values(name, numbers)}); });
    if (command.nice && parts.back().values.size(0) > 1) {
      throw gan::Error(flag + ": --nice compares samples of one " + name);
    }
  }
  return parts;
}

std::vector<int64_t> seeds_of(const gan::SampleCommand& command, const gan::Model& model,
                              const std::vector<gan::SetPart>& parts) {
  if (command.nice) {
    return gan::nice_seeds(model, command.seed, command.count, command.nice_factor, command.nice_by, parts);
  }
  const bool full_grid = command.format == gan::SampleFormat::grid && command.count == command.grid.count();
  return full_grid && parts.empty() ? gan::grid_seeds(model.latents(), command.seed, command.grid)
                                    : gan::seeds_from(command.seed, command.count);
}

/// ", label 3,5"
std::string parts_text(const gan::SampleCommand& command) {
  std::string text;
  for (const auto& [flag, name, numbers] : command.parts) {
    std::vector<std::string> words;
    for (const double number : numbers) words.push_back(gan::to_text(number));
    text += ", " + name + " " + gan::joined(words, ",");
  }
  return text;
}

int sample(gan::SampleCommand command) {
  if (command.print) return std::cout << *command.print, 0;
  gan::require_place_for_samples(command.out, command.format);
  const auto device =
      gan::set_up_device(command.device, command.threads, /*deterministic=*/true);  // a seed names a sample
  const gan::TrainedModel trained = gan::read_model(command.checkpoint, command.weights);
  const gan::Model& model = *trained.model;
  gan::move_to(model, device);

  const auto parts = set_parts(command, model.latents());
  if (command.default_grid && parts.empty() && !command.nice) {
    command.grid = gan::grid_of_classes(model.latents(), command.grid);
    command.count = command.grid.count();
  }
  const auto seeds = seeds_of(command, model, parts);
  const auto draw = [&](const gan::TakeSamples& take) { gan::draw_samples(model, seeds, parts, take); };
  std::cout << gan::write_samples(command.out, command.format, command.grid, trained.data.images, seeds, draw)
            << parts_text(command) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gan::run_program("gan-sample", "--count or --grid",
                          [&] { return sample(gan::parse_sample_command(argc, argv)); });
}
