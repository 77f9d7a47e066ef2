#include "gan/networks/summary.h"

#include <iomanip>
#include <sstream>

#include "gan/base/text.h"

namespace gan {

namespace {

/// "Conv2d" of "torch::nn::Conv2dImpl".
std::string kind_of(const torch::nn::Module& layer) {
  std::string name = layer.name();
  name = name.substr(name.rfind(':') + 1);
  return name.ends_with("Impl") ? name.substr(0, name.size() - 4) : name;
}

/// "(None, 128, 7, 7)" of [1, 128, 7, 7].
std::string batch_shape(at::IntArrayRef sizes) {
  std::string text = "(None";
  for (const int64_t size : sizes.slice(1)) text += ", " + to_text(size);
  return text + ")";
}

int64_t count(const std::vector<at::Tensor>& tensors) {
  int64_t elements = 0;
  for (const auto& tensor : tensors) elements += tensor.numel();
  return elements;
}

}  // namespace

std::string summary(const std::string& title, const Network& network, at::IntArrayRef input) {
  const torch::NoGradGuard no_grad;
  const bool training = network->is_training();
  network->eval();  // batch norm takes a batch of one only so
  std::vector<int64_t> sizes{1};
  sizes.insert(sizes.end(), input.begin(), input.end());
  const auto options = network->parameters().at(0).options();
  at::Tensor x = at::zeros(sizes, options);

  std::ostringstream out;
  const std::string rule(68, '_'), thick(68, '=');
  const auto row = [&](const std::string& layer, const std::string& shape, const std::string& parameters) {
    out << ' ' << std::left << std::setw(32) << layer << std::setw(22) << shape << std::right << std::setw(12)
        << parameters << '\n';
  };
  out << title << '\n' << rule << '\n';
  row("Layer (type)", "Output shape", "Parameters");
  out << thick << '\n';
  row("input", batch_shape(x.sizes()), "");
  const auto names = network->named_children();
  size_t index = 0;
  for (auto layer = network->begin(); layer != network->end(); ++layer, ++index) {
    x = layer->forward(x);
    const auto& module = *names[index].value();
    row(names[index].key() + " (" + kind_of(module) + ")", batch_shape(x.sizes()),
        with_commas(count(module.parameters())));
  }
  const int64_t trainable = count(network->parameters());
  int64_t fixed = 0;
  for (const auto& buffer : network->named_buffers()) {
    if (!buffer.key().ends_with("num_batches_tracked")) fixed += buffer.value().numel();
  }
  out << thick << '\n'
      << " Total parameters: " << with_commas(trainable + fixed) << " (" << with_commas(trainable) << " trainable, "
      << with_commas(fixed) << " running averages)\n"
      << rule << '\n';
  network->train(training);
  return out.str();
}

}  // namespace gan
