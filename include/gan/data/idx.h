#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "gan/base/file.h"

namespace gan {

/// IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist): two zero bytes, a type byte (8: unsigned bytes), the
/// number of dimensions, each dimension as a big-endian 32-bit number, then the elements. Plain or gzipped.

inline constexpr const char* kHowToMakeIdx = "data/README.md has the lines that make IDX files of pictures and arrays";

/// Reads a file of unsigned bytes with one to four dimensions: uint8, on the CPU. Throws Error unless the file holds
/// exactly what its header says, which is checked before the memory is taken.
at::Tensor read_idx(const std::filesystem::path& path);

/// Reads images: [N, H, W] or [N, C, H, W] or [N, H, W, C] with C of 1 or 3, given as uint8 [N, C, H, W].
at::Tensor read_idx_images(const std::filesystem::path& path);

/// The twin: uint8 of one to four dimensions; gzipped if the name ends in ".gz". Images with one channel, [N, 1, H, W],
/// are written as MNIST's are, [N, H, W]. Throws Error.
void write_idx(const std::filesystem::path& path, const at::Tensor& tensor);

/// The same file, written part by part: of the shape `sizes`, which the parts fill along the first dimension.
class IdxWriter {
 public:
  IdxWriter(const std::filesystem::path& path, const std::vector<int64_t>& sizes);
  ~IdxWriter();
  void append(const at::Tensor& part);
  void finish();

 private:
  class Gzip;
  void write(std::string_view bytes);

  FileWriter file_;
  std::unique_ptr<Gzip> gzip_;  ///< null: plain
};

}  // namespace gan
