#include "gan/losses/penalties.h"

#include "gan/dist/world.h"

#include <torch/csrc/autograd/autograd.h>

namespace gan {

at::Tensor squared_gradients(const at::Tensor& logits, const at::Tensor& images) {
  const at::Tensor gradient = torch::autograd::grad({logits.sum()}, {images}, /*grad_outputs=*/{},
                                                    /*retain_graph=*/true, /*create_graph=*/true)[0];
  return gradient.square().flatten(1).sum(1);
}

at::Tensor zero_centred_penalty(const at::Tensor& squared_gradients) {
  return 0.5 * squared_gradients.mean();
}

at::Tensor one_centred_penalty(const at::Tensor& squared_gradients) {
  constexpr double kTiny = 1e-12;  // the root's slope is infinite at 0
  return ((squared_gradients + kTiny).sqrt() - 1).square().mean();
}

at::Tensor between(const at::Tensor& real, const at::Tensor& fake) {
  std::vector<int64_t> one_a_row(static_cast<size_t>(real.dim()), 1);
  const at::Tensor part = own_noise(real.size(0), [&](int64_t count) {
    one_a_row[0] = count;
    return at::rand(one_a_row, real.options());
  });
  return at::lerp(real, fake, part).detach().requires_grad_();
}

}  // namespace gan
