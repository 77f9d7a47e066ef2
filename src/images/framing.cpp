#include "gan/images/framing.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>

#include <algorithm>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

namespace {

constexpr int64_t kMostCropped = 16384;  // pixels a side
constexpr int64_t kWithAlpha = 4;        // channels

std::string hex(uint8_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[value >> 4], kDigits[value & 15]};
}

bool parse_hex(std::string_view digits, uint8_t& value) {
  int number = 0;
  for (const char digit : digits) {
    const bool decimal = digit >= '0' && digit <= '9', letter = digit >= 'a' && digit <= 'f';
    if (!decimal && !letter) return false;
    number = 16 * number + (decimal ? digit - '0' : digit - 'a' + 10);
  }
  return value = static_cast<uint8_t>(number), true;
}

at::Tensor square_in_the_middle(const at::Tensor& image, int64_t side) {
  const int64_t height = image.size(1), width = image.size(2);
  if (side > std::min(height, width)) {
    throw Error("--crop " + to_text(side) + ": the picture has " + to_text(width) + "x" + to_text(height) + " pixels");
  }
  return image.narrow(1, (height - side) / 2, side).narrow(2, (width - side) / 2, side);
}

at::Tensor resized_channels(const at::Tensor& image, int64_t side) {
  const at::Tensor batch = image.unsqueeze(0).contiguous(at::MemoryFormat::ChannelsLast);  // LibTorch's own kernel
  return at::_upsample_bicubic2d_aa(batch, {side, side}, /*align_corners=*/false).squeeze(0).contiguous();
}

at::Tensor rounded_quotient(const at::Tensor& a, const at::Tensor& b) {
  return (a + b.floor_divide(2)).floor_divide(b);
}

at::Tensor resized(const at::Tensor& image, int64_t side) {
  if (image.size(1) == side && image.size(2) == side) return image.contiguous();
  if (image.size(0) != kWithAlpha) return resized_channels(image, side);
  // Transparent pixels have colours that nobody sees: they must not bleed into others.
  const at::Tensor whole = image.to(at::kInt), opaque = at::full({1}, 255, at::kInt);
  const at::Tensor weighted = rounded_quotient(whole.narrow(0, 0, 3) * whole.narrow(0, 3, 1), opaque);
  const at::Tensor small = resized_channels(at::cat({weighted.to(at::kByte), image.narrow(0, 3, 1)}), side);
  const at::Tensor alpha = small.narrow(0, 3, 1).to(at::kInt);
  const at::Tensor colors = rounded_quotient(small.narrow(0, 0, 3).to(at::kInt) * 255, alpha.clamp_min(1));
  return at::cat({colors.clamp_max(255).to(at::kByte), small.narrow(0, 3, 1)});
}

/// Lays a picture on the background. Three channels if the picture or, behind transparent pixels, the background has
/// colours.
at::Tensor flattened(const Picture& picture, Color background) {
  if (!picture.alpha.defined()) return picture.colors;
  const bool gray = background.red == background.green && background.green == background.blue;
  const int64_t channels = gray ? picture.colors.size(0) : 3;
  const at::Tensor behind =
      at::tensor({background.red, background.green, background.blue}, at::kInt).view({3, 1, 1}).narrow(0, 0, channels);
  const at::Tensor alpha = picture.alpha.to(at::kInt);
  const at::Tensor sum = picture.colors.to(at::kInt) * alpha + behind * (255 - alpha);
  return (sum + 127).floor_divide(255).to(at::kByte);
}

at::Tensor in_channels(const at::Tensor& image, int64_t channels) {
  if (image.size(0) == channels) return image;
  if (channels == 3) return image.expand({3, -1, -1}).contiguous();
  const at::Tensor weights = at::tensor({19595, 38470, 7471}, at::kInt).view({3, 1, 1});  // of 65536
  return ((image.to(at::kInt) * weights).sum(0, /*keepdim=*/true) + 32768).bitwise_right_shift(16).to(at::kByte);
}

}  // namespace

std::optional<int64_t> channels_of(Colors colors) {
  switch (colors) {
    case Colors::automatic:
      return std::nullopt;
    case Colors::gray:
      return 1;
    case Colors::rgb:
      return 3;
    case Colors::rgba:
      return kWithAlpha;
  }
  TORCH_CHECK(false, "channels_of: unknown colours");
}

Colors colors_of(int64_t channels) {
  return channels == 1 ? Colors::gray : channels == 3 ? Colors::rgb : Colors::rgba;
}

bool parse_text(std::string_view text, Crop& crop) {
  if (text == "center") return crop = {}, true;
  if (text == "none") return crop = {.kind = Crop::Kind::none}, true;
  int64_t pixels = 0;
  if (!parse_text(text, pixels) || pixels < 1 || pixels > kMostCropped) return false;
  return crop = {.kind = Crop::Kind::pixels, .pixels = pixels}, true;
}

std::string to_text(const Crop& crop) {
  return crop.kind == Crop::Kind::pixels ? to_text(crop.pixels) : crop.kind == Crop::Kind::none ? "none" : "center";
}

bool parse_text(std::string_view text, Color& color) {
  if (text == "black") return color = {}, true;
  if (text == "white") return color = {255, 255, 255}, true;
  Color parsed;
  const std::string digits = lower_case(std::string(text));
  if (digits.size() != 7 || digits[0] != '#' || !parse_hex(digits.substr(1, 2), parsed.red) ||
      !parse_hex(digits.substr(3, 2), parsed.green) || !parse_hex(digits.substr(5, 2), parsed.blue)) {
    return false;
  }
  return color = parsed, true;
}

std::string to_text(const Color& color) {
  if (color == Color{}) return "black";
  if (color == Color{255, 255, 255}) return "white";
  return "#" + hex(color.red) + hex(color.green) + hex(color.blue);
}

at::Tensor with_colors(const Picture& picture, int64_t channels, Color background) {
  if (channels != kWithAlpha) return in_channels(flattened(picture, background), channels);
  const at::Tensor colors = in_channels(picture.colors, 3);
  return at::cat({colors, picture.alpha.defined() ? picture.alpha : at::full_like(colors.narrow(0, 0, 1), 255)});
}

at::Tensor framed(const at::Tensor& image, const Framing& framing) {
  const auto cut = [&] {
    switch (framing.crop.kind) {
      case Crop::Kind::pixels:
        return square_in_the_middle(image, framing.crop.pixels);
      case Crop::Kind::center:
        return framing.side > 0 ? square_in_the_middle(image, std::min(image.size(1), image.size(2))) : image;
      case Crop::Kind::none:
        return image;
    }
    TORCH_CHECK(false, "framed: unknown crop");
  };
  return framing.side > 0 ? resized(cut(), framing.side) : cut().contiguous();
}

}  // namespace gan
