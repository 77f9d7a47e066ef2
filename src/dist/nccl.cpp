#include "nccl.h"

#if defined(USE_C10D_NCCL) && __has_include(<nccl.h>) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>)

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace gan {

struct Nccl::Parts {
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> group;
};

bool Nccl::exists() {
  return true;
}

Nccl::Nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) : parts_(std::make_unique<Parts>()) {
  parts_->group =
      c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("nccl", store), rank, size);
}

Nccl::~Nccl() = default;

void Nccl::sum(at::Tensor& values) {
  std::vector<at::Tensor> tensors{values};
  parts_->group->allreduce(tensors)->wait();  // the stream waits, not this thread
}

}  // namespace gan

#else

namespace gan {

struct Nccl::Parts {};

bool Nccl::exists() {
  return false;
}

Nccl::Nccl(const c10::intrusive_ptr<c10d::Store>& /*store*/, int /*rank*/, int /*size*/) {}
Nccl::~Nccl() = default;
void Nccl::sum(at::Tensor& /*values*/) {}

}  // namespace gan

#endif
