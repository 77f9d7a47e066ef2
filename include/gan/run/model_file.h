#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "gan/base/choice.h"
#include "gan/models/make_model.h"
#include "gan/run/checkpoint.h"
#include "gan/training/training.h"

namespace gan {

/// Which weights of an averaged part: their moving average, or those being trained.
enum class WeightsKind { ema, raw };
constexpr auto choices(WeightsKind) {
  return std::array<Choice<WeightsKind>, 2>{{{WeightsKind::ema, "ema"}, {WeightsKind::raw, "raw"}}};
}

/// The content of g.pt: all that sampling needs.
struct TrainedModel {
  Options options;
  DataShape data;
  int64_t step = 0;
  std::unique_ptr<Model> model;  ///< on the CPU
};

/// Writes g.pt: {"options", "image_shape", "classes" (if the data has labels that the model reads), "class_names" (if
/// these have names), "step", "latent_generator", "sha256", and each part's state_dict by its name; an averaged part's
/// name has the averages, NAME_raw the weights being trained; "layers", of which each part is made, in words for Python
/// (networks/layer_list.h)}. Throws Error.
void write_model(const std::filesystem::path& path, const Training& training);

/// Reads g.pt, and a dictionary that was read from one. Both throw Error.
TrainedModel read_model(const std::filesystem::path& path, WeightsKind weights = WeightsKind::ema);
TrainedModel model_from_dict(const Dict& file, WeightsKind weights = WeightsKind::ema);

/// The content of a smaller g.pt, half precision and without the last weights of averaged parts, of one that was read.
/// Its samples differ by the rounding of weights to 11 bits. Throws Error.
Dict small_copy(const Dict& file);

/// What --fork begins with, of a g.pt: its weights, the last ones where it has them, and their averages. Throws Error.
Checkpoint as_checkpoint(const std::filesystem::path& path);

/// The "sha256" of g.pt: over the weights that samples are drawn from, of all averaged parts in their order.
std::string weights_sha256(const Training& training);

}  // namespace gan
