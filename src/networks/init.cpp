#include "gan/networks/init.h"

namespace gan {

namespace {

void draw(const std::string& name, at::Tensor& values, Init init) {
  const bool bias = name.ends_with(".bias");
  const bool scale_of_norm = !bias && values.dim() == 1;
  if (bias) {
    values.zero_();
  } else if (init == Init::dcgan) {
    values.normal_(scale_of_norm ? 1.0 : 0.0, 0.02);
  } else if (!scale_of_norm) {
    torch::nn::init::xavier_uniform_(values);
  }
}

}  // namespace

void initialize(const Network& network, Init init) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : network->named_parameters()) {
    at::Tensor& values = parameter.value();
    if (init != Init::standard) draw(parameter.key(), values, init);
    if (values.dim() == 4) values.set_data(values.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace gan
