#pragma once

#include "gan/models/game.h"
#include "gan/models/make_model.h"

namespace gan {

/// The adversarial autoencoder (Makhzani et al. 2015, arXiv:1511.05644). The contest is about latents: D tells latents
/// of the prior, z, from those that the encoder gives of images, and the encoder, G's side of it, learns to fool D. A
/// turn before, encoder and decoder learn to reconstruct:
///
///   r  mean (decoder(encoder(x)) - x)^2 / 4, the mean squared error of pixels in [0, 1]
///   d  D's loss, of z as real and encoder(x) as fake
///   g  G's loss, of encoder(x)
///
/// The encoder has moments in both optimizers that move it. It is deterministic.
class Aae : public Game {
 public:
  /// Throws Error as `make_model` does.
  Aae(const ModelOptions& options, ImageShape images, Budget& budget);

  at::Tensor images_of(const at::Tensor& latents) const override { return forward(decoder_, latents); }
  Score score(const at::Tensor& images, const at::Tensor& latents) const override;  ///< of the images' latents
  bool judges_images() const override { return false; }
  Encodes encodes() const override { return Encodes::latents; }
  at::Tensor encode(const at::Tensor& images) const override { return infer(encoder_, images); }
  InferenceGraph discrimination() const override;  ///< of latents
  InferenceGraph encoding() const override;

 protected:
  Sample real(const Batch& batch) override;
  Sample fake(const Batch& batch) override;
  Judged judge(const Sample& sample, Differentiable asked) override;

 private:
  Outcome reconstruct(const Batch& batch) const;

  Network decoder_, encoder_;
  Network trunk_, head_;  ///< D's layers, of latents; the part "discriminator" is both
};

}  // namespace gan
