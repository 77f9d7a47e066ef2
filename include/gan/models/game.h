#pragma once

#include "gan/losses/adversarial.h"
#include "gan/models/augmentation.h"
#include "gan/models/model.h"

namespace gan {

struct GameOptions {
  Loss loss = Loss::nonsaturating;
  double label_smoothing = 0;   ///< the label of real images is 1 - this
  bool joined_batch = false;    ///< D sees real and fake images as one batch, and its loss is the mean over it
  bool fresh_noise = true;      ///< G's turn draws its own noise; else it takes D's
  bool inferred_fakes = false;  ///< G draws D's images in inference mode; with fresh_noise only
  double r1 = 0;                ///< weight of the penalty on D's gradient at real images (losses/penalties.h)
  double r2 = 0;                ///< the same at samples
  double gradient_penalty = 0;  ///< the same between both; D sees what is given with the real image
  int64_t penalty_every = 1;    ///< steps between two penalties; each is then weighted by this number
  int64_t d_steps = 1;          ///< G moves at each d_steps-th step (k in algorithm 1 of Goodfellow et al. 2014)
  double feature_matching = 0;  ///< weight of the distance between D's mean features, in G's loss
  Augmentations diffaugment;    ///< of the images that D sees
};

/// What D judges: x and, for a D that sees more, what is given with it (a label, a latent).
struct Sample {
  at::Tensor x;      ///< [N, ...]
  at::Tensor given;  ///< [N, ...]; undefined where D sees x alone
};

/// A sample, and what D makes of it.
struct Judged : Sample {
  at::Tensor features;  ///< [N, F], what D's head sees; of a joined batch only if the family reads them
  at::Tensor logits;    ///< float [N, 1] whatever the networks compute in
};

/// The contest that all adversarial families share: D tells real from fake, G learns to fool it (Goodfellow et al.
/// 2014, arXiv:1406.2661, algorithm 1). Penalties on D's gradients are part of D's loss, or, less often, a turn of
/// their own (lazy regularisation: Karras et al. 2020, arXiv:1912.04958, section 3.1). A family says what is real, what
/// is fake and how D judges; a player that shares the game but not the contest comes after those two.
class Game : public Model {
 public:
  std::pair<at::Tensor, at::Tensor> contest(const Batch& batch) override;

 protected:
  Game(const GameOptions& options, LatentSpace latents);

  /// Ends a family's constructor: initialises the parts, in their order, and makes the turns of the first player of
  /// each role, of which there must be one.
  void set_up(std::vector<Part> parts, std::vector<Player> players, Init init);

  virtual Sample real(const Batch& batch) = 0;

  /// What G makes, as many as the batch has images: with a graph where grad mode is on.
  virtual Sample fake(const Batch& batch) = 0;

  /// Whether G's side makes what is given with real samples, too, with a graph as `fake` has; its loss is then on both.
  virtual bool makes_given() const { return false; }

  /// What D makes of x and of what is given with it; logits are twice differentiable by x if so asked.
  virtual Judged judge(const Sample& sample, Differentiable asked) = 0;

  /// What a family adds to the loss of both sides: a scalar under its name, or nothing. The sample itself has a graph
  /// in G's turn only.
  virtual Scalars extra(const Judged& fake) { return {}; }
  virtual bool reads_features() const { return false; }  ///< whether `extra` does

  const GameOptions& options() const { return options_; }

  at::Tensor draw_latents(const Batch& batch) const;  ///< as many as the batch has images

 private:
  using Passes = std::vector<std::pair<Pass, double>>;  ///< over each part of a side, and how often

  Outcome d_turn(const Batch& batch);
  Outcome g_turn(const Batch& batch);
  Outcome penalty_turn(const Batch& batch);
  at::Tensor penalty(const Sample& real, const Sample& fake);
  Judged look_at(const Sample& sample, Differentiable asked);  ///< `judge`, of augmented images
  std::pair<Judged, Judged> look_at_both(const Sample& real, const Sample& fake);
  void draw_for_discriminator(const Batch& batch);
  bool judges_real_in_g_turn() const;  ///< else samples alone
  std::vector<Work> work(const Passes& of_g, const Passes& of_d) const;

  GameOptions options_;
  size_t g_ = 0, d_ = 0;  ///< the two players of the contest
  Sample real_, fake_;    ///< of D's turn, with their graph, kept for a G that reuses D's noise
};

}  // namespace gan
