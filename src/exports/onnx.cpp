#include "gan/exports/onnx.h"

#include <algorithm>

#include "gan/base/protobuf.h"
#include "gan/base/version.h"

namespace gan {

namespace {

// The numbers of fields and types are those of onnx.proto (github.com/onnx/onnx).

using Integers = std::vector<int64_t>;

enum class DataType { float32 = 1, int64 = 7 };

ProtobufMessage attribute(const char* name, int64_t value) {
  return ProtobufMessage().bytes(1, name).integer(3, value).integer(20, 2);
}
ProtobufMessage attribute(const char* name, double value) {
  return ProtobufMessage().bytes(1, name).real32(2, static_cast<float>(value)).integer(20, 1);
}
ProtobufMessage attribute(const char* name, const char* value) {
  return ProtobufMessage().bytes(1, name).bytes(4, value).integer(20, 3);
}
ProtobufMessage attribute(const char* name, const Integers& values) {
  return ProtobufMessage().bytes(1, name).packed(8, values).integer(20, 7);
}

/// A value of the graph: its name, and its type, whose first dimension is the batch.
ProtobufMessage value_info(const std::string& name, DataType type, const Integers& sizes) {
  ProtobufMessage shape;
  shape.message(1, ProtobufMessage().bytes(2, "N"));
  for (const int64_t size : sizes) shape.message(1, ProtobufMessage().integer(1, size));
  const auto tensor_type = ProtobufMessage().integer(1, static_cast<int64_t>(type)).message(2, shape);
  return ProtobufMessage().bytes(1, name).message(2, ProtobufMessage().message(1, tensor_type));
}

Integers integers_in(const Dict& arguments, const char* name) {
  Integers integers;
  for (const Value& value : arguments.get<List>(name)) integers.push_back(std::get<int64_t>(value));
  return integers;
}

/// Writes a graph node by node. Names that the graph does not use hold what a node is made of: "norm1.scale".
class OnnxGraph {
 public:
  explicit OnnxGraph(const InferenceGraph& graph) : outputs_(graph.outputs()) {
    graph_.bytes(2, "gan");
    for (const auto& input : graph.inputs()) {
      const DataType type = input.classes > 0 ? DataType::int64 : DataType::float32;
      graph_.message(11, value_info(input.name, type, input.sizes));
    }
    for (const auto& node : graph.nodes()) add(node);
    for (const auto& output : outputs_) {
      graph_.message(12, value_info(output.name, DataType::float32, output.sizes));
    }
  }

  const ProtobufMessage& message() const { return graph_; }

 private:
  using Node = InferenceGraph::Node;
  using Attributes = std::vector<ProtobufMessage>;

  void add(const Node& node);
  void add_virtual_batch_norm(const Node& node);

  /// What the graph gives has the names of outputs.
  std::string outside(const std::string& value) const {
    const auto output = std::ranges::find(outputs_, value, &InferenceGraph::Output::value);
    return output == outputs_.end() ? value : output->name;
  }

  std::string operation(const char* type, const std::vector<std::string>& inputs, const std::string& result,
                        const Attributes& attributes = {}) {
    ProtobufMessage node;
    for (const std::string& input : inputs) node.bytes(1, outside(input));
    node.bytes(2, outside(result)).bytes(3, result).bytes(4, type);
    for (const ProtobufMessage& each : attributes) node.message(5, each);
    graph_.message(1, node);
    return result;
  }

  std::string constant(const std::string& name, DataType type, const at::Tensor& tensor) {
    const at::Tensor values = tensor.detach().cpu().contiguous();
    const std::string_view bytes(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    graph_.message(5, ProtobufMessage()
                          .packed(1, values.sizes().vec())
                          .integer(2, static_cast<int64_t>(type))
                          .bytes(8, name)
                          .bytes(9, bytes));
    return name;
  }
  std::string integers(const std::string& name, const Integers& values) {
    return constant(name, DataType::int64, at::tensor(values));
  }
  std::string number(const std::string& name, double value) {
    return constant(name, DataType::float32, at::scalar_tensor(value, at::kFloat));
  }
  std::string floats(const std::string& name, const at::Tensor& values) {
    return constant(name, DataType::float32, values.to(at::kFloat));
  }

  /// The inputs of a node, and those of its tensors that it has, in this order.
  std::vector<std::string> with_tensors(const Node& node, std::initializer_list<const char*> names) {
    std::vector<std::string> inputs = node.inputs;
    for (const char* name : names) {
      if (node.tensors.contains(name)) {
        inputs.push_back(floats(node.name + "." + name, node.tensors.get<at::Tensor>(name)));
      }
    }
    return inputs;
  }

  std::vector<InferenceGraph::Output> outputs_;
  ProtobufMessage graph_;
};

/// Convolutions pad both sides alike.
std::vector<ProtobufMessage> convolution_attributes(const Dict& arguments) {
  const Integers padding = integers_in(arguments, "padding");
  return {attribute("kernel_shape", integers_in(arguments, "kernel_size")),
          attribute("strides", integers_in(arguments, "stride")),
          attribute("pads", Integers{padding[0], padding[1], padding[0], padding[1]})};
}

void OnnxGraph::add(const Node& node) {
  const std::string &type = node.type, &name = node.name;
  const auto own = [&](const char* what) { return name + "." + what; };
  if (type == "Linear") {
    operation("Gemm", with_tensors(node, {"weight", "bias"}), name, {attribute("transB", int64_t{1})});
  } else if (type == "Conv2d") {
    operation("Conv", with_tensors(node, {"weight", "bias"}), name, convolution_attributes(node.arguments));
  } else if (type == "ConvTranspose2d") {
    operation("ConvTranspose", with_tensors(node, {"weight", "bias"}), name, convolution_attributes(node.arguments));
  } else if (type == "BatchNorm1d" || type == "BatchNorm2d") {
    operation("BatchNormalization", with_tensors(node, {"weight", "bias", "running_mean", "running_var"}), name,
              {attribute("epsilon", node.arguments.get<double>("eps"))});
  } else if (type == "VirtualBatchNorm") {
    add_virtual_batch_norm(node);
  } else if (type == "LeakyReLU") {
    operation("LeakyRelu", node.inputs, name, {attribute("alpha", node.arguments.get<double>("negative_slope"))});
  } else if (type == "Tanh") {
    operation("Tanh", node.inputs, name);
  } else if (type == "Hardtanh") {
    const double low = node.arguments.get<double>("min_val"), high = node.arguments.get<double>("max_val");
    operation("Clip", {node.inputs[0], number(own("min"), low), number(own("max"), high)}, name);
  } else if (type == "Softmax") {
    operation("Softmax", node.inputs, name, {attribute("axis", int64_t{1})});
  } else if (type == "MaxPool2d") {
    const Integers sides = integers_in(node.arguments, "kernel_size");
    operation("MaxPool", node.inputs, name, {attribute("kernel_shape", sides), attribute("strides", sides)});
  } else if (type == "Upsample") {
    const double scale = node.arguments.get<double>("scale_factor");
    operation("Resize", {node.inputs[0], "", floats(own("scales"), at::tensor({1.0, 1.0, scale, scale}))}, name,
              {attribute("mode", "nearest"), attribute("coordinate_transformation_mode", "asymmetric"),
               attribute("nearest_mode", "floor")});
  } else if (type == "ZeroPad2d") {
    const Integers sides = integers_in(node.arguments, "padding");  // left, right, top, bottom
    operation("Pad", {node.inputs[0], integers(own("pads"), {0, 0, sides[2], sides[0], 0, 0, sides[3], sides[1]})},
              name);
  } else if (type == "Flatten") {
    operation("Flatten", node.inputs, name, {attribute("axis", int64_t{1})});
  } else if (type == "Unflatten") {
    Integers shape = integers_in(node.arguments, "unflattened_size");
    shape.insert(shape.begin(), -1);
    operation("Reshape", {node.inputs[0], integers(own("shape"), shape)}, name);
  } else if (type == "OneHot") {
    operation("OneHot",
              {node.inputs[0], integers(own("classes"), {node.arguments.get<int64_t>("classes")}),
               floats(own("off_on"), at::tensor({0.0, 1.0}))},
              name, {attribute("axis", int64_t{1})});
  } else if (type == "Concat") {
    operation("Concat", node.inputs, name, {attribute("axis", int64_t{1})});
  } else if (type == "Narrow") {
    const int64_t start = node.arguments.get<int64_t>("start"), length = node.arguments.get<int64_t>("length");
    operation("Slice",
              {node.inputs[0], integers(own("from"), {start}), integers(own("to"), {start + length}),
               integers(own("axes"), {1})},
              name);
  } else if (type == "Add") {
    operation("Add", node.inputs, name);
  } else if (type == "Multiply") {
    operation("Mul", node.inputs, name);
  } else if (type == "Sum") {
    operation("ReduceSum", {node.inputs[0], integers(own("axes"), {1})}, name);
  } else if (type == "Append") {
    const std::string first = operation(
        "Slice", {node.inputs[0], integers(own("from"), {0}), integers(own("to"), {1}), integers(own("axes"), {1})},
        own("first"));
    const std::string zero = operation("Mul", {first, number(own("nought"), 0)}, own("zero"));
    const std::string value = floats(own("value"), node.tensors.get<at::Tensor>("value"));
    operation("Concat", {node.inputs[0], operation("Add", {zero, value}, own("appended"))}, name,
              {attribute("axis", int64_t{1})});
  } else {
    TORCH_CHECK(false, "to_onnx: no operator for ", type);
  }
}

/// y = (x - m) * weight / sqrt(v + eps) + bias; m and v are of the reference batch and the example together.
void OnnxGraph::add_virtual_batch_norm(const Node& node) {
  const auto own = [&](const char* what) { return node.name + "." + what; };
  const at::Tensor mean = node.tensors.get<at::Tensor>("mean");
  const auto like_mean = [&](const char* what) {
    return floats(own(what), node.tensors.get<at::Tensor>(what).reshape(mean.sizes()));
  };
  const double share = 1.0 / static_cast<double>(node.arguments.get<int64_t>("reference_batch") + 1);
  const std::string x = node.inputs[0], own_share = number(own("share"), share);
  const auto pixels_mean = [&](const std::string& of, const char* result) {
    return mean.dim() == 2 ? of : operation("ReduceMean", {of, integers(own(result) + ".axes", {2, 3})}, own(result));
  };
  const auto together = [&](const std::string& of_example, const char* of_reference, const char* result) {
    const std::string theirs = floats(own(of_reference), node.tensors.get<at::Tensor>(of_reference) * (1 - share));
    const std::string its = operation("Mul", {of_example, own_share}, own(result) + ".its");
    return operation("Add", {its, theirs}, own(result));
  };
  const std::string square = operation("Mul", {x, x}, own("square"));
  const std::string m = together(pixels_mean(x, "first"), "mean", "m");
  const std::string m2 = together(pixels_mean(square, "second"), "mean_square", "m2");
  const std::string variance =
      operation("Max", {operation("Sub", {m2, operation("Mul", {m, m}, own("mm"))}, own("v")), number(own("0"), 0)},
                own("variance"));
  const std::string eps = number(own("eps"), node.arguments.get<double>("eps"));
  const std::string deviation =
      operation("Sqrt", {operation("Add", {variance, eps}, own("variance_eps"))}, own("deviation"));
  const std::string scale = operation("Div", {like_mean("weight"), deviation}, own("scale"));
  const std::string centred = operation("Sub", {x, m}, own("centred"));
  operation("Add", {operation("Mul", {centred, scale}, own("scaled")), like_mean("bias")}, node.name);
}

}  // namespace

std::string to_onnx(const InferenceGraph& graph, const Metadata& metadata) {
  constexpr int64_t kIrVersion = 8, kOpset = 18;
  ProtobufMessage model;
  model.integer(1, kIrVersion).bytes(2, "gan").bytes(3, gan_version()).message(7, OnnxGraph(graph).message());
  model.message(8, ProtobufMessage().bytes(1, "").integer(2, kOpset));
  for (const auto& [key, value] : metadata) model.message(14, ProtobufMessage().bytes(1, key).bytes(2, value));
  return model.bytes();
}

}  // namespace gan
