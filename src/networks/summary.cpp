#include "gan/networks/summary.h"

#include <iomanip>
#include <sstream>

#include "gan/base/text.h"
#include "layers.h"

namespace gan {

namespace {

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
  std::ostringstream out;
  const std::string rule(68, '_'), thick(68, '=');
  const auto row = [&](const std::string& layer, const std::string& shape, const std::string& parameters) {
    out << ' ' << std::left << std::setw(32) << layer << std::setw(22) << shape << std::right << std::setw(12)
        << parameters << '\n';
  };
  out << title << '\n' << rule << '\n';
  row("Layer (type)", "Output shape", "Parameters");
  out << thick << '\n';
  const auto names = network->named_children();
  size_t index = 0;
  each_output(network, input, [&](const torch::nn::Module& layer, const at::Tensor& in, const at::Tensor& result) {
    if (index == 0) row("input", batch_shape(in.sizes()), "");
    row(names[index++].key() + " (" + type_of(layer) + ")", batch_shape(result.sizes()),
        with_commas(count(layer.parameters())));
  });
  const int64_t trainable = count(network->parameters());
  int64_t fixed = 0;
  for (const auto& buffer : network->named_buffers()) {
    if (!buffer.key().ends_with("num_batches_tracked")) fixed += buffer.value().numel();
  }
  out << thick << '\n'
      << " Total parameters: " << with_commas(trainable + fixed) << " (" << with_commas(trainable) << " trainable, "
      << with_commas(fixed) << " running averages)\n"
      << rule << '\n';
  return out.str();
}

}  // namespace gan
