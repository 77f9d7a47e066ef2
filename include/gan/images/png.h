#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace gan {

/// Writes one picture, uint8 [C, H, W] with C of 1 (gray) or 3 (RGB), as PNG, whole or not at all. Throws Error.
void write_png(const std::filesystem::path& path, const at::Tensor& picture);

/// The twin: uint8 [C, H, W], gray pictures with one channel, all others (colour, or with a palette) with three; of 16
/// bits the upper eight. An alpha channel is left out where every pixel is opaque; throws Error where one is not, since
/// no background is right for all pictures.
at::Tensor read_png(const std::filesystem::path& path);

}  // namespace gan
