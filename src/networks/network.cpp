#include "gan/networks/network.h"

#include <algorithm>
#include <sstream>

#include "fusion.h"
#include "gan/base/sha256.h"
#include "gan/base/text.h"

namespace gan {

bool parse_text(std::string_view text, MinibatchKernels& kernels) {
  constexpr int64_t kMost = 1000;
  if (text == "0") return kernels = {}, true;
  return parse_pair(text, kMost, kernels.count, kernels.size);
}

std::string to_text(const MinibatchKernels& kernels) {
  return kernels.count == 0 ? "0" : to_text(kernels.count) + "x" + to_text(kernels.size);
}

at::Tensor forward(const Network& network, const at::Tensor& input, Differentiable asked) {
  at::Tensor x = input;
  for (auto layer = network->begin(); layer != network->end();) {
    const Fused step = fused_step({layer, network->end()}, x, asked);
    x = step.output;
    layer += step.layers;
  }
  return x;
}

at::Tensor in_batches(const at::Tensor& input, at::Device device,
                      const std::function<at::Tensor(const at::Tensor&)>& f) {
  constexpr int64_t kBatch = 64;
  const torch::InferenceMode inference;
  std::vector<at::Tensor> results;
  for (int64_t from = 0; from < input.size(0); from += kBatch) {
    const int64_t count = std::min(kBatch, input.size(0) - from);
    at::Tensor batch = input.narrow(0, from, count);
    if (count < kBatch) {
      std::vector<int64_t> sizes = input.sizes().vec();
      sizes[0] = kBatch - count;
      batch = at::cat({batch, at::zeros(sizes, input.options())});
    }
    results.push_back(f(batch.to(device)).narrow(0, 0, count).cpu());
  }
  return at::cat(results);
}

at::Tensor infer(const Network& network, const at::Tensor& input) {
  const bool training = is_training(network);
  set_training(network, false);
  const at::Device device = parameters(network).at(0).device();
  const at::Tensor result = in_batches(input, device, [&](const at::Tensor& batch) { return forward(network, batch); });
  set_training(network, training);
  return result;
}

void move_to(const Network& network, at::Device device) {
  network->to(device);
}

bool is_training(const Network& network) {
  return network->is_training();
}

void set_training(const Network& network, bool on) {
  network->train(on);
}

std::vector<at::Tensor> parameters(const Network& network) {
  return network->parameters();
}

std::vector<std::pair<std::string, at::Tensor>> named_parameters(const Network& network) {
  std::vector<std::pair<std::string, at::Tensor>> named;
  for (const auto& parameter : network->named_parameters()) named.emplace_back(parameter.key(), parameter.value());
  return named;
}

std::vector<at::Tensor> running_statistics(const Network& network) {
  std::vector<at::Tensor> statistics;
  for (const auto& buffer : network->named_buffers()) {
    const bool runs = buffer.key().ends_with("running_mean") || buffer.key().ends_with("running_var");
    if (runs) statistics.push_back(buffer.value());
  }
  return statistics;
}

Dict state_dict(const Network& network) {
  Dict state;
  for (const auto& layer : network->named_children()) {
    for (const auto& own : layer.value()->named_parameters()) state.set(layer.key() + "." + own.key(), own.value());
    for (const auto& own : layer.value()->named_buffers()) state.set(layer.key() + "." + own.key(), own.value());
  }
  return state;
}

int64_t count_numbers(const Dict& state) {
  int64_t numbers = 0;
  for (const auto& [name, value] : state.items) {
    if (const auto* tensor = std::get_if<at::Tensor>(&value)) numbers += tensor->numel();
  }
  return numbers;
}

std::string weights_sha256(const Network& network) {
  return weights_sha256(std::vector<Dict>{state_dict(network)});
}

std::string weights_sha256(const std::vector<Dict>& states) {
  Sha256 hash;
  for (const Dict& state : states) {
    for (const auto& [name, value] : state.items) {
      const at::Tensor bytes = std::get<at::Tensor>(value).detach().cpu().contiguous();
      hash.update({static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()});
    }
  }
  return hash.hex();
}

void load_state_dict(const Network& network, const Dict& state) {
  copy_state(state, state_dict(network));
}

void copy_state(const Dict& from, const Dict& to) {
  if (from.items.size() != to.items.size()) {
    throw Error("expected " + std::to_string(to.items.size()) + " tensors for this network, got " +
                std::to_string(from.items.size()));
  }
  for (const auto& [name, value] : to.items) {
    const auto& mine = std::get<at::Tensor>(value);
    const auto& given = from.get<at::Tensor>(name);
    const bool half = given.scalar_type() == at::kHalf && mine.scalar_type() == at::kFloat;
    if (given.sizes() != mine.sizes() || (given.scalar_type() != mine.scalar_type() && !half)) {
      std::ostringstream text;
      text << "'" << name << "': expected " << mine.scalar_type() << " " << mine.sizes() << ", got "
           << given.scalar_type() << " " << given.sizes();
      throw Error(text.str());
    }
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [name, value] : to.items) std::get<at::Tensor>(value).copy_(from.get<at::Tensor>(name));
}

}  // namespace gan
