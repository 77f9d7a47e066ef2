#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gan/networks/inference_graph.h"

namespace gan {

/// Names and texts that a file carries along.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// The bytes of an ONNX file (onnx.ai; opset 18, IR version 8) that computes what the graph says, in float. The batch
/// is free. Inputs and outputs have the graph's names; a class is an int64 [N].
std::string to_onnx(const InferenceGraph& graph, const Metadata& metadata);

}  // namespace gan
