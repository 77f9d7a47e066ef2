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
  size_t player = 0;  ///< index of the player whose parameters move
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

  /// The loss of one turn, which will be differentiated by the parameters of the turn's player only: what the others
  /// compute for it needs no graph. Turns come in their order; noise comes from the device's default generator.
  virtual Outcome play(const Turn& turn, const Batch& batch) = 0;

  /// Multiplications and additions of a turn for each image of its batch, forward and backward (see Cost).
  virtual double operations(const Turn& turn) const = 0;
};

}  // namespace gan
