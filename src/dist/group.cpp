#include "gan/dist/group.h"

#include <algorithm>
#include <cstring>

#include "engine.h"
#include "gan/base/error.h"
#include "gan/base/text.h"
#include "nccl.h"

namespace gan {

namespace {

at::Tensor bytes_of(const std::string& text) {
  const at::Tensor bytes = at::empty({static_cast<int64_t>(text.size())}, at::kByte);
  if (!text.empty()) std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
  return bytes;
}

std::string text_of(const at::Tensor& bytes, int64_t size) {
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<size_t>(size)};
}

}  // namespace

std::string rank_name(int64_t rank, int64_t size) {
  return "rank " + to_text(rank) + " of " + to_text(size);
}

Group::Group(const Launch& launch)
    : engine_(std::make_shared<Engine>(launch)),
      rank_(launch.rank),
      size_(launch.size),
      local_rank_(launch.local_rank) {}

void Group::sum(at::Tensor values) const {
  if (alone() || values.numel() == 0) return;
  TORCH_CHECK(place_of_sums(values.device()) == values.device() && values.is_contiguous(),
              "Group::sum: expected a contiguous tensor, not on ", values.device());
  engine_->sum(values);
}

at::Device Group::place_of_sums(at::Device device) {
  return device.is_cuda() && Nccl::exists() ? device : at::Device(at::kCPU);
}

void Group::broadcast(at::Tensor values) const {
  if (alone() || values.numel() == 0) return;
  TORCH_CHECK(values.is_cpu() && values.is_contiguous(), "Group::broadcast: expected a contiguous tensor on the CPU");
  engine_->broadcast(values);
}

std::string Group::broadcast(const std::string& text) const {
  if (alone()) return text;
  const at::Tensor size = at::full({1}, static_cast<int64_t>(text.size()), at::kLong);
  broadcast(size);
  const at::Tensor bytes = leads() ? bytes_of(text) : at::empty({size.item<int64_t>()}, at::kByte);
  broadcast(bytes);
  return text_of(bytes, bytes.numel());
}

std::vector<std::string> Group::gather(const std::string& text) const {
  const at::Tensor sizes = at::zeros({size_}, at::kLong);
  sizes[rank_] = static_cast<int64_t>(text.size());
  sum(sizes);
  const at::Tensor bytes = at::zeros({size_, sizes.max().item<int64_t>()}, at::kByte);
  bytes[rank_].narrow(0, 0, static_cast<int64_t>(text.size())).copy_(bytes_of(text));
  sum(bytes);
  std::vector<std::string> texts;
  for (int64_t i = 0; i < size_; ++i) texts.push_back(text_of(bytes[i], sizes[i].item<int64_t>()));
  return texts;
}

}  // namespace gan
