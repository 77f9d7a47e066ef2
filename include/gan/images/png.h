#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace gan {

/// Writes a picture, uint8 [C, H, W] with C = 1 (gray), 3 (RGB) or 4 (RGBA), whole or not at all. Throws Error.
void write_png(const std::filesystem::path& path, const at::Tensor& picture);

/// Reads a picture: uint8 [C, H, W], C = 1 for gray, 3 for RGB and palettes. Keeps the upper eight of 16 bits. Drops an
/// alpha channel whose pixels are all opaque. Throws Error, also if a pixel is not opaque: no background suits all.
at::Tensor read_png(const std::filesystem::path& path);

}  // namespace gan
