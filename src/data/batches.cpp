#include "gan/data/batches.h"

#include "gan/base/random.h"
#include "gan/images/pixels.h"

namespace gan {

Batches::Batches(Dataset data, int64_t batch_size, Sampling sampling, uint64_t seed, bool mirror)
    : data_(std::move(data)),
      batch_size_(batch_size),
      rows_(batch_size),
      sampling_(sampling),
      mirror_(mirror),
      generator_(make_generator(seed)) {
  TORCH_CHECK(batch_size >= 1 && batch_size <= data_.size(), "Batches: a batch larger than the data");
  order_ = at::empty({0}, at::kLong);
}

Batch Batches::next() {
  const at::Tensor indices = own_rows(next_indices()).to(data_.images.device(), /*non_blocking=*/true);
  at::Tensor images = data_.images.index_select(0, indices);
  if (mirror_) {
    const at::Tensor flips = at::randint(2, {batch_size_, 1, 1, 1}, generator_, at::kByte);
    const at::Tensor own = own_rows(flips).to(images.device()).to(at::kBool);
    images = at::where(own, images.flip(3), images);
  }
  return {to_pixels(images), data_.labels.defined() ? data_.labels.index_select(0, indices) : at::Tensor()};
}

at::Tensor Batches::own_rows(const at::Tensor& whole) const {
  return rows_ == batch_size_ ? whole : whole.narrow(0, first_row_, rows_);
}

at::Tensor Batches::next_indices() {
  if (sampling_ == Sampling::replacement) return at::randint(data_.size(), {batch_size_}, generator_, at::kLong);
  if (position_ + batch_size_ > order_.size(0)) {
    order_ = sampling_ == Sampling::sequential ? at::arange(data_.size())
                                               : at::randperm(data_.size(), generator_, at::kLong);
    position_ = 0;
  }
  const at::Tensor indices = order_.narrow(0, position_, batch_size_);
  position_ += batch_size_;
  return indices;
}

Dict Batches::state() const {
  return {{{"generator", generator_state(generator_)}, {"order", order_}, {"position", position_}}};
}

void Batches::load(const Dict& state) {
  const auto& order = state.get<at::Tensor>("order");
  const auto position = state.get<int64_t>("position");
  const bool fits = order.scalar_type() == at::kLong && order.dim() == 1 && position >= 0 && position <= order.size(0);
  if (!fits || (order.numel() > 0 && !at::equal(std::get<0>(order.sort()), at::arange(data_.size())))) {
    throw Error("the order of the images in the checkpoint does not fit " + std::to_string(data_.size()) + " images");
  }
  set_generator_state(generator_, state.get<at::Tensor>("generator"));
  order_ = order;
  position_ = position;
}

}  // namespace gan
