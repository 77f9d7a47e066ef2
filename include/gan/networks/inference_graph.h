#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gan/networks/network.h"

namespace gan {

/// What trained networks compute in inference mode, as a list of operations that other programs can repeat: an ONNX
/// file, a web page. Values have names; the first dimension of each is the batch.
class InferenceGraph {
 public:
  struct Input {
    std::string name;            ///< "z"
    std::vector<int64_t> sizes;  ///< of one example; none if it is a class
    int64_t classes = 0;         ///< an int64 number below this; 0: floats
  };

  /// An operation, and the name of what it gives. Its type is a layer of PyTorch's nn, with that layer's arguments and
  /// tensors, or one of
  ///   OneHot            [N] -> [N, classes]
  ///   Concat            side by side along dimension 1
  ///   Narrow            `length` of dimension 1, from `start` on
  ///   Add, Multiply     of two
  ///   Sum               over dimension 1, which stays: [N, F] -> [N, 1]
  ///   Append            the constant "value" as further features [k], or as a further map [1, 1, 1], of each example
  ///   VirtualBatchNorm  by the example's own moments and those of the reference batch: tensors "mean", "mean_square",
  ///                     [1, C] or [1, C, 1, 1] (virtual_batch_norm.h)
  struct Node {
    std::string name;  ///< "generator.conv2"
    std::string type;
    std::vector<std::string> inputs;
    Dict arguments;
    Dict tensors;
  };

  struct Output {
    std::string name, value;     ///< the name it has outside, and that of the value
    std::vector<int64_t> sizes;  ///< of one example
  };

  /// Each returns the name of what it gives.
  std::string input(const std::string& name, std::vector<int64_t> sizes);
  std::string class_input(const std::string& name, int64_t classes);  ///< gives its one-hot row
  std::string add(const std::string& name, const std::string& type, std::vector<std::string> inputs,
                  Dict arguments = {});
  /// The layers of a network without what inference has no use for. Spectrally normalised weights are as layers use
  /// them.
  std::string apply(const std::string& part, const Network& network, const std::string& input);

  void output(const std::string& name, const std::string& value, std::vector<int64_t> sizes);

  const std::vector<Input>& inputs() const { return inputs_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Output>& outputs() const { return outputs_; }

 private:
  std::vector<Input> inputs_;
  std::vector<Node> nodes_;
  std::vector<Output> outputs_;
};

}  // namespace gan
