#include "gan/networks/inference_graph.h"

#include "gan/networks/layer_list.h"
#include "spectral_norm.h"
#include "virtual_batch_norm.h"

namespace gan {

namespace {

Dict tensors_of(const torch::nn::Module& layer) {
  Dict tensors;
  for (const auto& own : layer.named_parameters()) tensors.set(own.key(), own.value().detach());
  for (const auto& own : layer.named_buffers()) {
    if (own.key() != "num_batches_tracked") tensors.set(own.key(), own.value());
  }
  return tensors;
}

/// The weight as the layer uses it.
Dict with_normalised_weight(const Dict& tensors) {
  at::Tensor u = tensors.get<at::Tensor>("u");
  Dict plain;
  for (const auto& [name, value] : tensors.items) {
    if (name == "weight") {
      plain.set(name, spectrally_normalised(std::get<at::Tensor>(value), u, /*training=*/false));
    } else if (name != "u") {
      plain.set(name, value);
    }
  }
  return plain;
}

/// Replaces a layer that is ours alone by what it does in inference mode.
void as_inferred(InferenceGraph::Node& node, const at::Tensor& reference) {
  if (node.type.starts_with("Spectral")) {
    node.type = node.type.substr(std::string("Spectral").size());
    node.tensors = with_normalised_weight(node.tensors);
  } else if (node.type == "MinibatchStd" || node.type == "MinibatchDiscrimination") {
    const at::Tensor value = node.tensors.get<at::Tensor>("running_mean");
    node.tensors = {{{"value", node.type == "MinibatchStd" ? value.reshape({1, 1, 1}) : value}}};
    node.type = "Append";
  } else if (node.type == "VirtualBatchNorm") {
    const auto moments = VirtualBatchNormImpl::moments_of_reference(reference);
    node.arguments.set("reference_batch", kReferenceBatch);
    node.tensors.set("mean", moments.first);
    node.tensors.set("mean_square", moments.second);
  }
}

}  // namespace

std::string InferenceGraph::input(const std::string& name, std::vector<int64_t> sizes) {
  inputs_.push_back({name, std::move(sizes)});
  return name;
}

std::string InferenceGraph::class_input(const std::string& name, int64_t classes) {
  inputs_.push_back({name, {}, classes});
  return add(name + ".one_hot", "OneHot", {name}, {{{"classes", classes}}});
}

std::string InferenceGraph::add(const std::string& name, const std::string& type, std::vector<std::string> inputs,
                                Dict arguments) {
  nodes_.push_back({name, type, std::move(inputs), std::move(arguments), {}});
  return name;
}

void InferenceGraph::output(const std::string& name, const std::string& value, std::vector<int64_t> sizes) {
  outputs_.push_back({name, value, std::move(sizes)});
}

std::string InferenceGraph::apply(const std::string& part, const Network& network, const std::string& input) {
  const torch::NoGradGuard no_grad;
  std::string x = input;
  at::Tensor reference;  // the reference batch of virtual batch norms, on its way through the layers
  auto layer = network->begin();
  for (const LayerWords& words : layer_list(network)) {
    Node node{part + "." + words.name, words.type, {x}, words.arguments, tensors_of(*layer->ptr())};
    if (node.type == "Reference") {
      reference = node.tensors.get<at::Tensor>("batch");
    } else if (node.type == "WithoutReference") {
      reference = at::Tensor();
    } else if (node.type != "Dropout") {
      as_inferred(node, reference);
      x = node.name;
      nodes_.push_back(std::move(node));
      if (reference.defined()) reference = layer->forward(reference);
    }
    ++layer;
  }
  return x;
}

}  // namespace gan
