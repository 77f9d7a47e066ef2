#include "gan/kernels/product.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loops.h"

namespace gan {

namespace {

constexpr int64_t kCopyPays = 128;  // columns of b; from here the cost of oneDNN's copy of a transposed a is small

/// x, weight [n, k], bias, an operation on the result, its numbers, its variant.
using OneDnnLinear = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                c10::string_view, c10::List<std::optional<at::Scalar>>,
                                std::optional<c10::string_view>);

/// LibTorch's operator; none on machines without oneDNN.
const std::optional<c10::OperatorHandle>& onednn_linear() {
  static const auto handle =
      at::hasMKLDNN() ? c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""}) : std::nullopt;
  return handle;
}

bool suits_onednn(const at::Tensor& a) {
  return onednn_linear() && a.is_cpu() && a.scalar_type() == at::kFloat && a.numel() > 0;
}

/// a [m, k] * weight^T [k, n] + bias [n].
at::Tensor onednn(const at::Tensor& a, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  return onednn_linear()->typed<OneDnnLinear>().call(a, weight, bias, "none", c10::List<std::optional<at::Scalar>>(),
                                                     std::nullopt);
}

struct Linear : torch::autograd::Function<Linear> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    return onednn(x, weight, bias);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    require_no_graph();
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], dy = gradients[0].contiguous();
    at::Tensor dx, dweight, dbias;
    if (context->needs_input_grad(0)) dx = product(dy, weight);
    if (context->needs_input_grad(1)) dweight = product(dy.t(), x);
    if (context->needs_input_grad(2)) dbias = dy.sum(0);
    return {dx, dweight, dbias};
  }
};

}  // namespace

at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
  const bool copy_pays = a.is_contiguous() || b.size(1) >= kCopyPays;
  return suits_onednn(a) && copy_pays ? onednn(a, b.t(), std::nullopt) : at::mm(a, b);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return suits_onednn(x) ? Linear::apply(x, weight, bias) : at::linear(x, weight, bias);
}

}  // namespace gan
