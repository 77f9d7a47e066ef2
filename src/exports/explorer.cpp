#include "gan/exports/explorer.h"

#include <ATen/ops/linalg_svd.h>

#include <algorithm>

#include "gan/base/base64.h"
#include "gan/base/error.h"
#include "gan/base/json.h"
#include "gan/base/text.h"
#include "gan/exports/pages.h"

namespace gan {

namespace {

std::string json_of(const Value& value);

std::string json_of(const Dict& dict) {
  JsonFields fields;
  for (const auto& [name, value] : dict.items) fields.emplace_back(name, json_of(value));
  return json_object(fields);
}

std::string json_of(const List& list) {
  std::vector<std::string> items;
  for (const Value& value : list) items.push_back(json_of(value));
  return json_array(items);
}

struct ToJson {
  std::string operator()(std::nullptr_t) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int64_t value) const { return to_text(value); }
  std::string operator()(double value) const { return json_number(value); }
  std::string operator()(const std::string& text) const { return json_string(text); }
  std::string operator()(const at::Tensor&) const { return "null"; }
  std::string operator()(const List& list) const { return json_of(list); }
  std::string operator()(const Dict& dict) const { return json_of(dict); }
};

std::string json_of(const Value& value) {
  return std::visit(ToJson(), static_cast<const Value::variant&>(value));
}

template <class Numbers>
std::string json_numbers(const Numbers& numbers) {
  std::vector<std::string> items;
  for (const auto number : numbers) items.push_back(json_number(static_cast<double>(number)));
  return json_array(items);
}

/// The weights of all nodes, one after the other as float32, and where each begins.
class Weights {
 public:
  std::string add(const Dict& tensors) {
    JsonFields fields;
    for (const auto& [name, value] : tensors.items) {
      const at::Tensor numbers = std::get<at::Tensor>(value).detach().cpu().to(at::kFloat).contiguous();
      std::vector<int64_t> sizes = numbers.sizes().vec();
      fields.emplace_back(name, json_object({{"offset", to_text(static_cast<int64_t>(bytes_.size() / sizeof(float)))},
                                             {"sizes", json_numbers(sizes)}}));
      bytes_.append(static_cast<const char*>(numbers.const_data_ptr()), numbers.nbytes());
    }
    return json_object(fields);
  }
  std::string text() const { return base64(bytes_); }

 private:
  std::string bytes_;
};

std::string latents_of(const LatentSpace& space) {
  std::vector<std::string> parts;
  for (const LatentPart& part : space.parts()) {
    parts.push_back(json_object({{"name", json_string(part.name)},
                                 {"size", to_text(part.size)},
                                 {"drawn", json_string(part.noise ? to_text(*part.noise) : "class")},
                                 {"classes", json_strings(part.class_names)}}));
  }
  return json_array(parts);
}

/// Unit vectors in z, the one of the largest response first: of the first linear layer's weights [out, in], whose first
/// columns are z's.
std::string directions_of(const InferenceGraph& graph, int64_t z) {
  constexpr int64_t kMost = 10;
  const auto first = std::ranges::find(graph.nodes(), "Linear", &InferenceGraph::Node::type);
  TORCH_CHECK(first != graph.nodes().end(), "explorer: expected a generator with a linear layer");
  const at::Tensor weight = first->tensors.get<at::Tensor>("weight").cpu().to(at::kFloat).narrow(1, 0, z);
  const at::Tensor axes = std::get<2>(at::linalg_svd(weight, /*full_matrices=*/false)).contiguous();  // Vh
  std::vector<std::string> directions;
  for (int64_t k = 0; k < std::min(kMost, axes.size(0)); ++k) {
    const auto* numbers = axes[k].const_data_ptr<float>();
    directions.push_back(json_numbers(std::vector<float>(numbers, numbers + z)));
  }
  return json_array(directions);
}

}  // namespace

std::string explorer_page(const Model& model, const std::string& title, const std::string& about) {
  const LatentSpace& space = model.latents();
  if (space.generator() != LatentGenerator::philox) {
    throw Error("the file is from before seeds were drawn by Philox, which is what a page can draw by");
  }
  const InferenceGraph graph = model.generation();
  Weights weights;
  std::vector<std::string> nodes;
  for (const InferenceGraph::Node& node : graph.nodes()) {
    nodes.push_back(json_object({{"name", json_string(node.name)},
                                 {"type", json_string(node.type)},
                                 {"inputs", json_strings(node.inputs)},
                                 {"arguments", json_of(node.arguments)},
                                 {"tensors", weights.add(node.tensors)}}));
  }
  return page_with(kExplorerPage, json_object({{"title", json_string(title)},
                                               {"about", json_string(about)},
                                               {"latents", latents_of(space)},
                                               {"directions", directions_of(graph, space.parts().front().size)},
                                               {"nodes", json_array(nodes)},
                                               {"output", json_string(graph.outputs().front().value)},
                                               {"weights", json_string(weights.text())}}));
}

}  // namespace gan
