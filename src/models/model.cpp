#include "gan/models/model.h"

#include <algorithm>
#include <cctype>

#include "gan/base/error.h"
#include "gan/networks/cost.h"
#include "gan/networks/summary.h"

namespace gan {

namespace {

// Backward, a layer costs as much as forward for its weights' gradient and again for its input's, which the first
// layer of a network that moves does not need.
double operations(const Cost& cost, Pass pass) {
  switch (pass) {
    case Pass::forward:
    case Pass::through:
      return cost.all;
    case Pass::backward:
      return 2 * cost.all - cost.first;
    case Pass::penalty:
      return 6 * cost.all;  // forward, the gradient by the images, and both backward
  }
  TORCH_CHECK(false, "operations: unknown pass");
}

}  // namespace

const Part& Model::part(const std::string& name) const {
  const auto found = std::ranges::find(parts_, name, &Part::name);
  TORCH_CHECK(found != parts_.end(), "Model: no part ", name);
  return *found;
}

at::Tensor Model::generate(const at::Tensor& latents) const {
  const InferenceOf inference(*this);
  return in_batches(latents, device_of(*this), [this](const at::Tensor& batch) { return images_of(batch); });
}

at::Tensor Model::encode(const at::Tensor&) const {
  throw Error("this model has no encoder");
}

/// Of a model whose first part makes images of whole latents.
InferenceGraph Model::generation() const {
  const Part& generator = parts_.front();
  InferenceGraph graph;
  const std::string row = latents_.add_inputs(graph);
  graph.output("images", graph.apply(generator.name, generator.network, row),
               forward_cost(generator.network, generator.input).output);
  return graph;
}

InferenceGraph Model::encoding() const {
  throw Error("this model has no encoder");
}

InferenceOf::InferenceOf(const Model& model) {
  for (const Part& part : model.parts()) {
    were_training_.emplace_back(part.network, is_training(part.network));
    set_training(part.network, false);
  }
}

InferenceOf::~InferenceOf() {
  for (const auto& [network, training] : were_training_) set_training(network, training);
}

at::Device device_of(const Model& model) {
  return parameters(model.parts().front().network).front().device();
}

std::vector<std::pair<std::string, at::Tensor>> parameters(const Model& model, const Player& player) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const std::string& part : player.parts) {
    for (const auto& [name, value] : named_parameters(model.part(part).network)) {
      all.emplace_back(part + "." + name, value);
    }
  }
  return all;
}

double operations(const Model& model, const Turn& turn) {
  double sum = 0;
  for (const Work& work : turn.work) {
    const Part& part = model.part(work.part);
    sum += work.times * operations(forward_cost(part.network, part.input), work.pass);
  }
  return sum;
}

std::string summary(const Model& model) {
  std::string tables;
  for (const Part& part : model.parts()) {
    std::string title = part.name;
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    tables += (tables.empty() ? "" : "\n") + summary(title, part.network, part.input);
  }
  return tables;
}

void move_to(const Model& model, at::Device device) {
  for (const Part& part : model.parts()) move_to(part.network, device);
}

}  // namespace gan
