#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace gan {

/// Writes one picture, uint8 [C, H, W] with C of 1 (gray) or 3 (RGB), as PNG, whole or not at all. Throws Error.
void write_png(const std::filesystem::path& path, const at::Tensor& picture);

}  // namespace gan
