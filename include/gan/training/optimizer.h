#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "gan/base/choice.h"
#include "gan/base/value.h"

namespace gan {

enum class OptimizerKind { adam, sgd, rmsprop };
constexpr auto choices(OptimizerKind) {
  return std::array<Choice<OptimizerKind>, 3>{
      {{OptimizerKind::adam, "adam"}, {OptimizerKind::sgd, "sgd"}, {OptimizerKind::rmsprop, "rmsprop"}}};
}

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::adam;
  double learning_rate = 2e-4;
  int64_t decay_after = 0;          ///< steps of the run after which the rate falls; 0: it stays
  double beta1 = 0.5;               ///< adam
  double beta2 = 0.999;             ///< adam
  double epsilon = 1e-8;            ///< adam, rmsprop
  bool epsilon_hat = false;         ///< adam
  double momentum = 0;              ///< sgd
  bool nesterov = false;            ///< sgd
  double rms_decay = 0.9;           ///< rmsprop
  double historical_averaging = 0;  ///< weight of the squared distance to the mean of all earlier weights
  double weight_clip = 0;           ///< weights stay within +/- this; 0: anywhere
};

/// The learning rate of the run's step t, counted from 1: lr / sqrt(max(t / decay_after, 1)) (Karras et al. 2024,
/// arXiv:2312.02696, equation 67). It does not depend on when the run ends, so a longer run begins with the same steps.
double learning_rate_at(const OptimizerOptions& options, int64_t step);

/// Moves parameters along their gradients, w being a parameter and g its gradient:
///   adam     m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, w -= lr m' / (sqrt(v') + eps) with m' = m / (1-b1^t) and
///            v' = v / (1-b2^t)  (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1); with epsilon_hat, as in TensorFlow
///            and Keras, eps comes before the correction: w -= lr sqrt(1-b2^t) / (1-b1^t) m / (sqrt(v) + eps)  (end of
///            section 2 there)
///   sgd      m = momentum m + g, w -= lr m; with nesterov w -= lr (g + momentum m)
///   rmsprop  v = d v + (1-d) g^2, w -= lr g / (sqrt(v) + eps)  (Tieleman and Hinton 2012)
/// A parameter without a gradient stays as it is, and so do its moments and t, as in PyTorch.
///
/// Historical averaging adds W |w - mean w|^2 to the loss, the mean being that over all steps so far, this one's
/// weights included (Salimans et al. 2016, arXiv:1606.03498, section 3.3): 2 W (w - mean w) to g, which every parameter
/// then has. Clipping puts each weight back to its bound after it has moved (Arjovsky et al. 2017, arXiv:1701.07875,
/// algorithm 1).
class Optimizer {
 public:
  /// Holds the parameters, which stay on their device. Their names are those of their moments in checkpoints.
  Optimizer(const std::vector<std::pair<std::string, at::Tensor>>& parameters, const OptimizerOptions& options);

  /// What is moved: the backward pass computes gradients for these alone.
  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  /// The run's step that comes next, counted from 1, which decides the learning rate. By default the first.
  void set_step(int64_t step);

  void zero_grad();
  void step();

  /// Moments, means and counters by parameter, and back. `load` throws Error unless they fit the parameters.
  Dict state() const;
  void load(const Dict& state);

 private:
  /// The parameters that have a gradient, and what belongs to them.
  struct Moving {
    std::vector<at::Tensor> weights, gradients, first, second, steps, history;
  };
  Moving moving() const;
  void pull_to_history(const Moving& moving);
  void move(const Moving& moving);
  bool moves_all(const Moving& moving) const;
  void move_by_adam(const Moving& moving);
  void move_by_adam_with_epsilon_hat(const Moving& moving);
  Dict by_name(const std::vector<at::Tensor>& tensors) const;
  at::Tensor shaped(size_t i, const at::Tensor& tensor) const;  ///< flat numbers as the i-th parameter has them

  /// Calls move(rate) with the learning rate: a number, or a tensor where a recorded step has to read it anew.
  template <class Move>
  void with_rate(const Move& move) const;

  OptimizerOptions options_;
  double rate_ = 0;
  at::Tensor rate_on_gpu_;  ///< a float scalar, always the same memory; undefined if the rate stays, and on the CPU
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> flat_;     ///< views of the parameters' memory, one-dimensional, as the next three are
  std::vector<at::Tensor> first_;    ///< m, or sgd's momentum
  std::vector<at::Tensor> second_;   ///< v
  std::vector<at::Tensor> history_;  ///< means of the weights of all steps
  at::Tensor history_steps_;         ///< how many, a float scalar
  std::vector<at::Tensor> steps_;    ///< adam: t, a float scalar
  at::Tensor all_steps_;             ///< what those are views of
};

}  // namespace gan
