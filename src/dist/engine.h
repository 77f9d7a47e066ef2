#pragma once

#include "gan/dist/group.h"

namespace gan {

/// What carries numbers between ranks: LibTorch's c10d, with Gloo over TCP, and NCCL between GPUs.
class Group::Engine {
 public:
  explicit Engine(const Launch& launch);  ///< see Group
  ~Engine();

  void sum(at::Tensor& values);  ///< on the CPU, or on a GPU with NCCL
  void broadcast(at::Tensor& values);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gan
