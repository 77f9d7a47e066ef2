#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "gan/base/choice.h"
#include "gan/base/value.h"
#include "gan/data/dataset.h"

namespace gan {

/// How batches are drawn. epoch: each image once an epoch, in a new random order. replacement: each image
/// independently. sequential: each image once an epoch, in the order of the data.
enum class Sampling { epoch, replacement, sequential };
constexpr auto choices(Sampling) {
  return std::array<Choice<Sampling>, 3>{
      {{Sampling::epoch, "epoch"}, {Sampling::replacement, "replacement"}, {Sampling::sequential, "sequential"}}};
}

struct Batch {
  at::Tensor images;  ///< pixels, float [B, C, H, W] in [-1, 1], on the data set's device
  at::Tensor labels;  ///< uint8 [B]; undefined if the data set has none
};

/// An endless source of batches of one size; the seed decides their order. Drops the partial batch at the end of an
/// epoch, so all shapes are equal.
class Batches {
 public:
  /// Keeps `data` on its device; it has at least `batch_size` images. `mirror`: each image is flipped left to right,
  /// or not, at random.
  Batches(Dataset data, int64_t batch_size, Sampling sampling, uint64_t seed, bool mirror = false);

  Batch next();

  /// From now on `next` gives these rows of each batch alone.
  void take_rows(int64_t first, int64_t count) { first_row_ = first, rows_ = count; }

  /// Batches in an epoch.
  int64_t per_epoch() const { return data_.size() / batch_size_; }

  /// Order, position and generator: all that decides what `next` returns.
  Dict state() const;
  void load(const Dict& state);  ///< throws Error

 private:
  at::Tensor next_indices();  ///< int64 [B]
  at::Tensor own_rows(const at::Tensor& whole) const;

  Dataset data_;
  int64_t batch_size_, first_row_ = 0, rows_;
  Sampling sampling_;
  bool mirror_;
  at::Generator generator_;
  at::Tensor order_;      ///< int64 [N]: the order of the images in this epoch
  int64_t position_ = 0;  ///< in `order_`
};

}  // namespace gan
