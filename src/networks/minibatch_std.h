#pragma once

#include "gan/dist/world.h"
#include "gan/kernels/batch_std.h"

namespace gan {

/// Appends one channel to maps [N, C, H, W]: the standard deviation over the batch, averaged over channels and pixels,
/// so that D sees how much samples vary (Karras et al. 2018, arXiv:1710.10196, section 3). Outside training it takes
/// the running mean of this number instead, so an image is judged by itself.
class MinibatchStdImpl : public torch::nn::Module {
 public:
  MinibatchStdImpl()
      : torch::nn::Module("MinibatchStd"), running_mean_(register_buffer("running_mean", at::ones({}))) {}

  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor mean = is_training() ? mean_of(x) : running_mean_.to(x.scalar_type());
    return at::cat({x, mean.expand({x.size(0), 1, x.size(2), x.size(3)})}, 1);
  }

 private:
  static at::Tensor mean_std(const at::Tensor& x) {
    const bool suits = x.is_cpu() && x.scalar_type() == at::kFloat && !world().synchronizes();
    if (suits) return mean_std_over_batch(x.contiguous(x.suggest_memory_format()));
    constexpr double kTiny = 1e-8;  // the slope of the root is infinite at 0
    const at::Tensor distance = x - mean_over_ranks(x.mean(0));
    return (mean_over_ranks(distance.square().mean(0)) + kTiny).sqrt().mean();
  }

  at::Tensor mean_of(const at::Tensor& x) {
    constexpr double kMomentum = 0.1;
    const at::Tensor mean = mean_std(x.to(at::promote_types(x.scalar_type(), at::kFloat)));
    const torch::NoGradGuard no_grad;
    running_mean_.lerp_(mean.to(running_mean_.scalar_type()), kMomentum);
    return mean.to(x.scalar_type());
  }

  at::Tensor running_mean_;
};
TORCH_MODULE(MinibatchStd);

}  // namespace gan
