#pragma once

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

}  // namespace gan
