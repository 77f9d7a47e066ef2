#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "gan/base/choice.h"
#include "gan/base/value.h"
#include "gan/data/dataset.h"

namespace gan {

/// How batches are drawn: each image once an epoch in a fresh order, each image of a batch independently, or each image
/// once an epoch in the data's own order.
enum class Sampling { epoch, replacement, sequential };
constexpr auto choices(Sampling) {
  return std::array<Choice<Sampling>, 3>{
      {{Sampling::epoch, "epoch"}, {Sampling::replacement, "replacement"}, {Sampling::sequential, "sequential"}}};
}

struct Batch {
  at::Tensor images;  ///< pixels, float [B, C, H, W] in [-1, 1], on the data set's device
  at::Tensor labels;  ///< uint8 [B]; undefined where the data set has none
};

/// An endless source of batches of one size, in an order that the seed decides. A last partial batch of an epoch is
/// left out, so that shapes repeat.
class Batches {
 public:
  /// `data` is kept as it is, on its device; at least one batch large.
  Batches(Dataset data, int64_t batch_size, Sampling sampling, uint64_t seed);

  Batch next();

  /// Batches in one pass over the data.
  int64_t per_pass() const { return data_.size() / batch_size_; }

  /// Order, position and generator: all that decides what `next` gives.
  Dict state() const;
  void load(const Dict& state);  ///< throws Error

 private:
  at::Tensor next_indices();  ///< int64 [B]

  Dataset data_;
  int64_t batch_size_;
  Sampling sampling_;
  at::Generator generator_;
  at::Tensor order_;      ///< int64 [N]: the images' order in this pass
  int64_t position_ = 0;  ///< in `order_`
};

}  // namespace gan
