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

inline constexpr const char* kWhatIsRead = "data/README.md says what data is read";

/// Reads a file of unsigned bytes with one to four dimensions: uint8, on the CPU. Throws Error unless the file holds
/// exactly what its header says; checks the size before it allocates.
at::Tensor read_idx(const std::filesystem::path& path);

/// Reads images [N, H, W], [N, C, H, W] or [N, H, W, C], C = 1, 3 or 4. Returns uint8 [N, C, H, W].
at::Tensor read_idx_images(const std::filesystem::path& path);

/// Writes uint8 with one to four dimensions, gzipped if the name ends in ".gz". Writes images with one channel,
/// [N, 1, H, W], as MNIST does: [N, H, W]. Throws Error.
void write_idx(const std::filesystem::path& path, const at::Tensor& tensor);

/// Writes the same file in parts along the first dimension. `sizes` is the shape of the whole.
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
  std::unique_ptr<Gzip> gzip_;  ///< null for a plain file
};

}  // namespace gan
