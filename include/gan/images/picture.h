#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string_view>

namespace gan {

/// A picture as its file shows it, the right way up.
struct Picture {
  at::Tensor colors;  ///< uint8 [C, H, W], C = 1 (gray) or 3 (RGB)
  at::Tensor alpha;   ///< uint8 [1, H, W], 255: opaque; undefined if all pixels are
};

constexpr int64_t kMostPicturePixels = 64 << 20;

/// Decodes a JPEG, PNG or BMP picture: baseline and progressive, interlaced, palettes, CMYK; keeps the upper eight of
/// 16 bits; turns it as its orientation tag (EXIF) says. Throws Error for other formats, for truncated and damaged
/// files, for more than `kMostPicturePixels`, and for data that unpacks to more than the picture.
Picture decode_picture(std::string_view file);

/// What a picture's file says before it is decoded. `height` and `width` are those of the picture the right way up.
struct PictureInfo {
  int64_t height = 0, width = 0, channels = 1;
  bool has_alpha = false;
};

/// Throws Error like decode_picture, but for damage in the pixels.
PictureInfo picture_info(std::string_view file);

/// Whether the name ends as that of a picture which `decode_picture` reads: .jpg, .jpeg, .png, .bmp, in any case.
bool is_picture_name(const std::filesystem::path& name);

}  // namespace gan
