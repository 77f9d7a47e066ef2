#include "gan/networks/init.h"

namespace gan {

void initialize(const Network& network, Init init) {
  if (init == Init::standard) return;
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : network->named_parameters()) {
    at::Tensor values = parameter.value();
    const bool bias = parameter.key().ends_with(".bias");
    const bool scale_of_norm = !bias && values.dim() == 1;
    if (bias) {
      values.zero_();
    } else if (init == Init::dcgan) {
      values.normal_(scale_of_norm ? 1.0 : 0.0, 0.02);
    } else if (!scale_of_norm) {
      torch::nn::init::xavier_uniform_(values);
    }
  }
}

}  // namespace gan
