#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gan/base/every.h"
#include "gan/data/batches.h"
#include "gan/networks/network.h"

namespace gan {

/// A network that plays against or with others, with an optimizer of its own.
struct Player {
  std::string name;  ///< "generator"
  Network network;
};

/// A row of the game: who moves, and at which steps.
struct Turn {
  std::string name;   ///< "d"
  size_t player = 0;  ///< index of the player whose parameters move; the others' are frozen
  Every every{1};     ///< counted in steps
};

/// Named numbers about a turn ("d_loss"), still tensors, so that nobody waits for the device until they are logged.
using Scalars = std::vector<std::pair<std::string, at::Tensor>>;

struct Outcome {
  at::Tensor loss;  ///< what the player who moves makes small: a scalar with a gradient
  Scalars scalars;
};

/// A game on images: its players, its turns and the loss of each turn. Knows nothing of optimizers, files or logs; a
/// model is what tells a GAN from an InfoGAN.
class Model {
 public:
  virtual ~Model() = default;

  virtual const std::vector<Player>& players() const = 0;
  virtual const std::vector<Turn>& turns() const = 0;

  /// The loss of one turn. Only the parameters of the turn's player require gradients meanwhile, so that no gradient is
  /// computed for the others and no `detach` is needed. Noise comes from the device's default generator.
  virtual Outcome play(const Turn& turn, const Batch& batch) = 0;
};

}  // namespace gan
