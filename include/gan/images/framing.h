#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gan/base/choice.h"
#include "gan/images/picture.h"

namespace gan {

/// What is cut out of a picture before it is resized: the largest square in its middle; nothing, so that it is squeezed
/// into a square; or a square of `pixels` a side in its middle.
struct Crop {
  enum class Kind { center, none, pixels } kind = Kind::center;
  int64_t pixels = 0;
  bool operator==(const Crop&) const = default;
};
bool parse_text(std::string_view text, Crop& crop);  ///< "center", "none", "108"
std::string to_text(const Crop& crop);

/// The channels of images: as many as the pictures need on their background, 1 or 3; or 1, 3, or 4 with alpha.
enum class Colors { automatic, gray, rgb, rgba };
constexpr auto choices(Colors) {
  return std::array<Choice<Colors>, 4>{
      {{Colors::automatic, "auto"}, {Colors::gray, "gray"}, {Colors::rgb, "rgb"}, {Colors::rgba, "rgba"}}};
}

std::optional<int64_t> channels_of(Colors colors);  ///< none for `automatic`
Colors colors_of(int64_t channels);

/// A colour, as transparent pixels are laid on.
struct Color {
  uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Color&) const = default;
};
bool parse_text(std::string_view text, Color& color);  ///< "black", "white", "#ff8000"
std::string to_text(const Color& color);

/// How pictures become images of one size.
struct Framing {
  int64_t side = 0;  ///< of a square image, in pixels; 0: no resizing, and no crop but one of `pixels`
  Crop crop;
  Color background;
};

/// A picture as an image of so many channels, uint8 [C, H, W]: 4, with its alpha channel; or laid on the background, 3,
/// which are equal for a gray picture, or 1, by ITU-R BT.601's weights, as Pillow converts.
at::Tensor with_colors(const Picture& picture, int64_t channels, Color background);

/// Cuts and resizes an image, uint8 [C, H, W]: bicubic with antialiasing, within one grey level of Pillow's
/// resize(BICUBIC), which weights colours by alpha. Throws Error if the picture is smaller than the crop.
at::Tensor framed(const at::Tensor& image, const Framing& framing);

}  // namespace gan
