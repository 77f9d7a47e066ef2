#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gan/base/every.h"
#include "gan/data/batches.h"
#include "gan/models/latent_space.h"
#include "gan/networks/inference_graph.h"
#include "gan/networks/network.h"

namespace gan {

/// A network and its name in files.
struct Part {
  std::string name;  ///< "generator"
  Network network;
  std::vector<int64_t> input;  ///< shape of one example of what it takes, without the batch
  bool averaged = false;       ///< samples come from the moving average of its weights, where --ema has one
};

/// The side that a player is on. It decides whose optimizer settings the player takes, and its turns in a game.
enum class Role { generator, discriminator };

/// The parts that one optimizer moves. Two players may share a part; each has moments of its own.
struct Player {
  std::string name;  ///< "generator": its optimizer's key in checkpoints
  Role role = Role::generator;
  std::vector<std::string> parts;
};

/// Named numbers about a turn ("d_loss"), still tensors, so that nothing waits for the device until they are logged.
using Scalars = std::vector<std::pair<std::string, at::Tensor>>;

struct Outcome {
  at::Tensor loss;  ///< what the player minimises: a scalar with a gradient
  Scalars scalars;
};

/// What a turn computes of a part for each image, from which `operations` counts (see Cost): a forward pass; a backward
/// pass to its weights; one through it to its input alone; a penalty, forward and backward twice.
enum class Pass { forward, backward, through, penalty };
struct Work {
  std::string part;
  Pass pass = Pass::forward;
  double times = 1;
};

/// A player's move: when it is made and the loss it minimises. The turns of a step come in their order, see the same
/// batch, and may hand each other tensors. `play` computes on the device and draws noise from its default generator; it
/// must not depend on the host's state, since a GPU repeats it from a recording.
struct Turn {
  std::string name;   ///< "d": its key in checkpoints
  size_t player = 0;  ///< index of the player whose parts move; no gradient is taken by any other part
  Every every{1};     ///< counted in steps
  std::function<Outcome(const Batch&)> play;
  std::vector<Work> work;
};

/// What an encoder reads off images: nothing, as there is none; codes alone; latents, of which `generate` makes the
/// images again.
enum class Encodes { nothing, codes, latents };

/// What D makes of images.
struct Score {
  at::Tensor features;  ///< float [N, F], what D's head sees
  at::Tensor logits;    ///< float [N]: the larger, the more realistic D rates the image
};

/// Networks that are trained together: parts, players, turns, and a latent space. Owns its networks. Knows nothing of
/// optimizers, files or logs.
class Model {
 public:
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const std::vector<Part>& parts() const { return parts_; }
  const Part& part(const std::string& name) const;  ///< of that name, which there is
  const std::vector<Player>& players() const { return players_; }
  const std::vector<Turn>& turns() const { return turns_; }
  const LatentSpace& latents() const { return latents_; }
  LatentSpace& latents() { return latents_; }  ///< to set its generator

  // Queries of a trained model. All run in inference mode and in batches of one size, so that a row's result
  // depends on that row alone. Arguments may be on any device; results are on the CPU.

  /// Images [N, C, H, W] in [-1, 1] of latents [N, latents().size()].
  at::Tensor generate(const at::Tensor& latents) const;

  /// `latents` are those that made the images, for a D that sees more than pixels.
  virtual Score score(const at::Tensor& images, const at::Tensor& latents) const = 0;
  virtual bool judges_images() const { return true; }  ///< else its D sees latents alone

  /// What the encoder reads off images, float [N, ...]. Throws Error if it encodes nothing.
  virtual Encodes encodes() const { return Encodes::nothing; }
  virtual at::Tensor encode(const at::Tensor& images) const;

  // The same queries for other programs to repeat. Inputs and outputs have the names of the latents' parts, of which
  // one-hot ones are given as classes; "images" [N, C, H, W] in [-1, 1]; "logits" [N, 1].

  virtual InferenceGraph generation() const;          ///< latents -> images
  virtual InferenceGraph discrimination() const = 0;  ///< what D judges -> logits
  virtual InferenceGraph encoding() const;            ///< images -> what the encoder reads off them; throws as `encode`

  /// D's logits of real examples, those of the batch, and of as many samples from the device's default generator: float
  /// [B] each, in the parts' present mode, without a graph.
  virtual std::pair<at::Tensor, at::Tensor> contest(const Batch& batch) = 0;

  /// What `generate` computes, on the parts' device, in their present mode, with a graph where grad mode is on.
  virtual at::Tensor images_of(const at::Tensor& latents) const = 0;

 protected:
  explicit Model(LatentSpace latents) : latents_(std::move(latents)) {}

  std::vector<Part> parts_;
  std::vector<Player> players_;
  std::vector<Turn> turns_;

 private:
  LatentSpace latents_;
};

/// Keeps all parts in inference mode as long as it lives: running averages in batch norms, no dropout.
class InferenceOf {
 public:
  explicit InferenceOf(const Model& model);
  ~InferenceOf();
  InferenceOf(const InferenceOf&) = delete;

 private:
  std::vector<std::pair<Network, bool>> were_training_;
};

/// The device of the model's parts.
at::Device device_of(const Model& model);

/// The parameters that a player moves, by "part.parameter": "generator.conv2.weight".
std::vector<std::pair<std::string, at::Tensor>> parameters(const Model& model, const Player& player);

/// Multiplications and additions of a turn for each image of its batch, forward and backward.
double operations(const Model& model, const Turn& turn);

/// Layer tables of all parts.
std::string summary(const Model& model);

/// Moves all parts, in place.
void move_to(const Model& model, at::Device device);

}  // namespace gan
