#include "gan/networks/layer_list.h"

#include "layers.h"
#include "minibatch_discrimination.h"
#include "virtual_batch_norm.h"

namespace gan {

namespace {

Value pair_of(const torch::ExpandingArray<2>& sizes) {
  return List{{sizes->at(0)}, {sizes->at(1)}};
}

template <class Options>
Dict of_convolution(const Options& options, const torch::ExpandingArray<2>& padding) {
  return {{{"in_channels", options.in_channels()},
           {"out_channels", options.out_channels()},
           {"kernel_size", pair_of(options.kernel_size())},
           {"stride", pair_of(options.stride())},
           {"padding", pair_of(padding)},
           {"bias", options.bias()}}};
}

Dict of_batch_norm(const torch::nn::BatchNormOptions& options) {
  return {{{"num_features", options.num_features()}, {"eps", options.eps()}, {"momentum", *options.momentum()}}};
}

Dict of_unflatten(const torch::nn::UnflattenOptions& options) {
  List sizes;
  for (const int64_t size : options.sizes()) sizes.push_back({size});
  return {{{"dim", options.dim()}, {"unflattened_size", sizes}}};
}

Dict of_padding(const torch::nn::ZeroPad2dOptions& options) {
  List sides;
  for (const int64_t side : *options.padding()) sides.push_back({side});
  return {{{"padding", sides}}};
}

Dict arguments_of(const torch::nn::Module& layer) {
  namespace nn = torch::nn;
  if (const auto* own = layer.as<MinibatchDiscriminationImpl>()) return own->arguments();
  if (const auto* own = layer.as<ReferenceImpl>()) return own->arguments();
  if (const auto* own = layer.as<VirtualBatchNormImpl>()) return own->arguments();
  if (const auto* linear = layer.as<nn::LinearImpl>()) {
    return {{{"in_features", linear->options.in_features()},
             {"out_features", linear->options.out_features()},
             {"bias", linear->options.bias()}}};
  }
  if (const auto* conv = layer.as<nn::Conv2dImpl>()) {
    return of_convolution(conv->options, std::get<torch::ExpandingArray<2>>(conv->options.padding()));
  }
  if (const auto* conv = layer.as<nn::ConvTranspose2dImpl>()) {
    return of_convolution(conv->options, std::get<torch::ExpandingArray<2>>(conv->options.padding()));
  }
  if (const auto* norm = layer.as<nn::BatchNorm2dImpl>()) return of_batch_norm(norm->options);
  if (const auto* norm = layer.as<nn::BatchNorm1dImpl>()) return of_batch_norm(norm->options);
  if (const auto* act = layer.as<nn::LeakyReLUImpl>()) {
    return {{{"negative_slope", act->options.negative_slope()}, {"inplace", act->options.inplace()}}};
  }
  if (const auto* pool = layer.as<nn::MaxPool2dImpl>()) {
    return {{{"kernel_size", pair_of(pool->options.kernel_size())}}};
  }
  if (const auto* reshape = layer.as<nn::UnflattenImpl>()) return of_unflatten(reshape->options);
  if (const auto* drop = layer.as<nn::DropoutImpl>()) return {{{"p", drop->options.p()}}};
  if (const auto* up = layer.as<nn::UpsampleImpl>()) {
    return {{{"scale_factor", up->options.scale_factor()->front()}, {"mode", "nearest"}}};
  }
  if (const auto* pad = layer.as<nn::ZeroPad2dImpl>()) return of_padding(pad->options);
  return {};
}

}  // namespace

std::vector<LayerWords> layer_list(const Network& network) {
  std::vector<LayerWords> layers;
  for (const auto& layer : network->named_children()) {
    layers.push_back({layer.key(), type_of(*layer.value()), arguments_of(*layer.value())});
  }
  return layers;
}

List to_value(const std::vector<LayerWords>& layers) {
  List list;
  for (const LayerWords& layer : layers) {
    list.push_back(Dict{{{"name", layer.name}, {"type", layer.type}, {"arguments", layer.arguments}}});
  }
  return list;
}

}  // namespace gan
