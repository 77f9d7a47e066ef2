#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

namespace c10d {
class Store;
}

namespace gan {

/// Sums between GPUs by NCCL, where LibTorch has it.
class Nccl {
 public:
  static bool exists();

  /// All ranks construct it at the same time; they meet in the store at the first sum.
  Nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size);
  ~Nccl();

  /// Queued on the current stream, or recorded in its CUDA graph. If a rank is gone, NCCL's own watchdog ends the
  /// process.
  void sum(at::Tensor& values);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gan
