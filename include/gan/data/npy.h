#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gan/base/file.h"

namespace gan {

// NumPy's format for one array (numpy.lib.format).

/// Writes uint8 or float of any shape, format version 1.0, in C order. Throws Error.
void write_npy(const std::filesystem::path& path, const at::Tensor& tensor);

/// Writes the same file in parts along the first dimension. `sizes` is the shape of the whole.
class NpyWriter {
 public:
  NpyWriter(const std::filesystem::path& path, const std::vector<int64_t>& sizes, at::ScalarType type = at::kByte);
  void append(const at::Tensor& part);
  void finish() { file_.finish(); }

 private:
  FileWriter file_;
  at::ScalarType type_;
};

/// Reads uint8 in C order, any format version. Throws Error for another type or order, and unless the file holds
/// exactly what its header says.
at::Tensor read_npy(const std::filesystem::path& path);

/// The same without reading it: maps the file, which must not be shortened while the tensor lives.
at::Tensor map_npy(const std::filesystem::path& path);

/// The same of a file's bytes. Labels are whole numbers from 0 to 255 of any type; uint8.
at::Tensor parse_npy(std::string file);
at::Tensor parse_npy_labels(std::string file);

/// Reads float32 or float64 alike, as float.
at::Tensor read_npy_numbers(const std::filesystem::path& path);

}  // namespace gan
