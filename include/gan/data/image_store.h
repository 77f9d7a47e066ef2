#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "gan/base/error.h"
#include "gan/data/npy.h"

namespace gan {

/// The file of an ImageStore could not be written.
class CannotKeep : public Error {
 public:
  using Error::Error;
};

/// Takes the images of a data set as they are prepared, and keeps them in memory, or in a file that is then mapped: the
/// data may be larger than memory.
class ImageStore {
 public:
  /// For images of `sizes`, [N, C, H, W]; without a path: in memory. The file is a NumPy file, which appears whole or
  /// not at all. All throw CannotKeep.
  explicit ImageStore(std::vector<int64_t> sizes, const std::filesystem::path& npy = {});

  /// The next images, uint8 [n, C, H, W].
  void append(const at::Tensor& images);

  /// All of them, uint8 [N, C, H, W]. Call it once, last.
  at::Tensor finish();

 private:
  std::filesystem::path path_;
  std::optional<NpyWriter> file_;
  at::Tensor memory_;
  int64_t taken_ = 0;  ///< images, in `memory_`
};

}  // namespace gan
