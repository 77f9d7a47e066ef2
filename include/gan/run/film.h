#pragma once

#include <ATen/core/Tensor.h>

#include "gan/run/folder.h"

namespace gan {

/// The sample grids of a run by their steps, as the frames of an animation: uint8 [N, C, H, W]. Of more than `most`
/// some, evenly spread, with the first and the last. Throws Error if there are none, or if they differ in size.
at::Tensor film_of(const RunFolder& folder, int64_t most);

}  // namespace gan
