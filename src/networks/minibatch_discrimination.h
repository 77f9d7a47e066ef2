#pragma once

#include "gan/base/value.h"
#include "gan/dist/world.h"

namespace gan {

/// Appends to features [N, F] how close each example is to those of its batch, measured by `kernels` projections to
/// `size` numbers; gives [N, F + kernels] (Salimans et al. 2016, arXiv:1606.03498, section 3.2). Outside training it
/// appends the running mean of the closeness instead, so an image is judged by itself.
class MinibatchDiscriminationImpl : public torch::nn::LinearImpl {
 public:
  MinibatchDiscriminationImpl(int64_t features, int64_t kernels, int64_t size)
      : LinearImpl(torch::nn::LinearOptions(features, kernels * size).bias(false)),
        kernels_(kernels),
        running_mean_(register_buffer("running_mean", at::ones({kernels}))) {}

  at::Tensor forward(const at::Tensor& x) {
    return at::cat({x, is_training() ? closeness(x) : running_mean_.to(x.scalar_type()).expand({x.size(0), -1})}, 1);
  }

  Dict arguments() const {
    return {{{"features", options.in_features()}, {"kernels", kernels_}, {"size", weight.size(0) / kernels_}}};
  }

 private:
  at::Tensor closeness(const at::Tensor& x) {
    constexpr double kMomentum = 0.1;
    const at::Tensor m = at::linear(x, weight).view({x.size(0), kernels_, -1});    // M_i
    const at::Tensor all = rows_of_all_ranks(m);                                   // M_j
    const at::Tensor distance = (all.unsqueeze(0) - m.unsqueeze(1)).abs().sum(3);  // |M_ib - M_jb|_1, [N, N, kernels]
    const at::Tensor o = distance.neg().exp().sum(1);                              // o(x_i)_b = sum_j exp(-distance)
    const torch::NoGradGuard no_grad;
    running_mean_.lerp_(mean_over_ranks(o.mean(0)).to(running_mean_.scalar_type()), kMomentum);
    return o;
  }

  int64_t kernels_;
  at::Tensor running_mean_;
};
TORCH_MODULE(MinibatchDiscrimination);

}  // namespace gan
