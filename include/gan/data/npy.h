#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace gan {

/// Writes uint8 of any shape as a NumPy file, format version 1.0, in C order (numpy.lib.format). Throws Error.
void write_npy(const std::filesystem::path& path, const at::Tensor& tensor);

}  // namespace gan
