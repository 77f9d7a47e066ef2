#pragma once

#include "gan/models/game.h"
#include "gan/models/make_model.h"

namespace gan {

/// The plain GAN (Goodfellow et al. 2014, arXiv:1406.2661): G makes images of z, D judges images.
class Gan : public Game {
 public:
  /// Throws Error as `make_model` does.
  Gan(const ModelOptions& options, ImageShape images, Budget& budget);

  at::Tensor generate(const at::Tensor& latents) const override;
  Score score(const at::Tensor& images, const at::Tensor& latents) const override;

 protected:
  /// A GAN whose z is another latent space.
  Gan(const ModelOptions& options, LatentSpace space, ImageShape images, Budget& budget);

  Sample real(const Batch& batch) override { return {batch.images}; }
  Sample fake(const Batch& batch) override;
  at::Tensor logits(const Sample& sample, Differentiable asked) override;

 private:
  Network generator_, discriminator_;
  Network trunk_, head_;  ///< D's layers again
};

}  // namespace gan
