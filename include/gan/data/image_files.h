#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace gan {

/// Images from whatever holds them: an IDX file (see idx.h), a NumPy file (.npy), or a folder of PNG pictures of one
/// size, in the order of their names. uint8 [N, C, H, W], C of 1 or 3. Throws Error.
at::Tensor read_images(const std::filesystem::path& path);

}  // namespace gan
