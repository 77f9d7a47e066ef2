#include "gan/kernels/product.h"

#include <ATen/core/dispatch/Dispatcher.h>

namespace gan {

namespace {

constexpr int64_t kCopyPays = 128;  // columns of b from which on oneDNN's copy of a transposed a costs little beside it

/// x, weight [n, k], bias, what is done to the result, with which numbers, in which way.
using OneDnnLinear = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                c10::string_view, c10::List<std::optional<at::Scalar>>,
                                std::optional<c10::string_view>);

/// LibTorch's own entrance to it; none on machines without oneDNN.
const std::optional<c10::OperatorHandle>& onednn_linear() {
  static const auto handle =
      at::hasMKLDNN() ? c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""}) : std::nullopt;
  return handle;
}

}  // namespace

at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
  const auto& onednn = onednn_linear();
  const bool copy_pays = a.is_contiguous() || b.size(1) >= kCopyPays;
  if (!onednn || !a.is_cpu() || a.scalar_type() != at::kFloat || !copy_pays) return at::mm(a, b);
  return onednn->typed<OneDnnLinear>().call(a, b.t(), std::nullopt, "none", c10::List<std::optional<at::Scalar>>(),
                                            std::nullopt);
}

}  // namespace gan
