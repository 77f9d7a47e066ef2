#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace gan {

/// NumPy's file of one array (numpy.lib.format).

/// Writes uint8 of any shape, format version 1.0, in C order. Throws Error.
void write_npy(const std::filesystem::path& path, const at::Tensor& tensor);

/// The twin: uint8 in C order, of any version. Throws Error for another type or order, and unless the file holds
/// exactly what its header says.
at::Tensor read_npy(const std::filesystem::path& path);

}  // namespace gan
