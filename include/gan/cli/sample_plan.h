#pragma once

#include <functional>
#include <string>

#include "gan/cli/sample_command.h"
#include "gan/run/model_file.h"
#include "gan/sampling/projection.h"

namespace gan {

/// The samples that a command asks of a model.
struct SamplePlan {
  Latents latents;
  GridShape grid;                            ///< of a picture; 0x0: nearly square
  std::function<std::string(int64_t)> name;  ///< of a sample's own PNG
  std::string title;                         ///< where the samples come from, for the last line
  GridShape frame = {1, 1};                  ///< of an animation
  at::Tensor originals;                      ///< uint8 [N, C, H, W], each shown above its sample; or undefined
};

/// Reads the files that the command names. Calls `tell` every few images of a projection. Throws Error for what the
/// model lacks and for files that do not fit it.
SamplePlan plan_of(const SampleCommand& command, const TrainedModel& trained, const TellCount& tell);

/// The images that an encoder is to see: uint8 [N, C, H, W] of the model's shape, prepared as its run prepared its
/// pictures. Throws Error, also if the model has no such encoder.
at::Tensor images_to_encode(const SampleCommand& command, const TrainedModel& trained);

}  // namespace gan
