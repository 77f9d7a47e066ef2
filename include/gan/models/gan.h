#pragma once

#include "gan/losses/adversarial.h"
#include "gan/models/latent_space.h"
#include "gan/models/model.h"
#include "gan/networks/build.h"

namespace gan {

struct GanOptions {
  Loss loss = Loss::nonsaturating;
  double label_smoothing = 0;  ///< the label of real images is 1 - this
  Noise noise = Noise::normal;
  bool joined_batch = false;    ///< D sees real and fake images as one batch, and its loss is the mean over it
  bool fresh_noise = true;      ///< G's turn draws its own noise; else it takes D's
  bool inferred_fakes = false;  ///< G draws D's images in inference mode; with fresh_noise only
  double r1 = 0;                ///< weights of penalties on D's gradients (losses/penalties.h): at real images,
  double r2 = 0;                ///< at samples,
  double gradient_penalty = 0;  ///< between both
  int64_t penalty_every = 1;    ///< D's steps from one to the next; then they weigh as many times as much
  int64_t d_steps = 1;          ///< G moves at each d_steps-th step (k in algorithm 1 of Goodfellow et al. 2014)
};

/// Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1: the generator against the discriminator. Penalties are part of
/// D's loss, or, less often, a turn of their own (lazy regularisation: Karras et al. 2020, arXiv:1912.04958,
/// section 3.1).
class Gan : public Model {
 public:
  /// Holds the networks; they are on one device.
  Gan(const NetworkPair& networks, const GanOptions& options);

  const std::vector<Player>& players() const override { return players_; }
  const std::vector<Turn>& turns() const override { return turns_; }
  Outcome play(const Turn& turn, const Batch& batch) override;
  double operations(const Turn& turn) const override;

 private:
  Outcome play_discriminator(const at::Tensor& real);
  Outcome play_generator(const at::Tensor& real);
  Outcome play_penalty(const at::Tensor& real);
  at::Tensor penalty(const at::Tensor& real, const at::Tensor& samples);
  at::Tensor judge(const at::Tensor& images);
  at::Tensor draw_fake(const at::Tensor& real);
  at::Tensor draw_fake_for_discriminator(const at::Tensor& real);

  GanOptions options_;
  NetworkPair networks_;
  std::vector<Player> players_;
  std::vector<Turn> turns_;
  at::Tensor fake_;  ///< what D saw, with its graph, for a G that takes D's noise
};

}  // namespace gan
