#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace gan {

/// What is done to all images that D sees, real ones and samples alike, so that few images last longer. Gradients pass
/// through (DiffAugment: Zhao et al. 2020, arXiv:2006.10738, section 3.2). As text "color,translation"; "none".
struct Augmentations {
  bool color = false;        ///< brightness, saturation and contrast
  bool translation = false;  ///< by up to an eighth of the side, filled up with zeros
  bool cutout = false;       ///< a square of half the side becomes zero
  bool operator==(const Augmentations&) const = default;
};
bool parse_text(std::string_view text, Augmentations& augmentations);
std::string to_text(const Augmentations& augmentations);

/// Images [N, C, H, W] in [-1, 1], each changed by random numbers of its own from the device's default generator, with
/// the ranges of the authors' program. x is an image, u uniform in [0, 1):
///   color        x + u - 1/2;  m + 2 u (x - m), m the mean over channels;  m + (u + 1/2) (x - m), m the image's mean
///   translation  whole pixels, up to (side + 4) / 8 in each direction
///   cutout       a square of side / 2, its middle anywhere in the image
at::Tensor augmented(const at::Tensor& images, const Augmentations& augmentations);

}  // namespace gan
