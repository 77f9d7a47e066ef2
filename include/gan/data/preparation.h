#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

#include "gan/base/choice.h"
#include "gan/images/framing.h"

namespace gan {

/// Where labels come from: the folders that pictures lie in, or the data's own labels; or nowhere.
enum class LabelSource { folders, none };
constexpr auto choices(LabelSource) {
  return std::array<Choice<LabelSource>, 2>{{{LabelSource::folders, "folders"}, {LabelSource::none, "none"}}};
}

/// How the images in files become those of a data set.
struct Preparation {
  bool transpose = false;  ///< swap rows and columns: for EMNIST's files
  Framing framing;
  Colors colors = Colors::automatic;
  LabelSource labels = LabelSource::folders;
  int64_t bad_pictures = 0;  ///< that may be left out
};
std::string to_text(const Preparation& preparation);  ///< all of it

/// Images of an array, uint8 [N, C, H, W], as the preparation says, in memory. Those of kMappedBytes or more may be
/// larger than memory: they stay where they are if nothing is to be done. Throws Error.
at::Tensor prepared(at::Tensor images, const Preparation& preparation);
constexpr int64_t kMappedBytes = int64_t{1} << 30;

}  // namespace gan
