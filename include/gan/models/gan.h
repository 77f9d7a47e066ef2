#pragma once

#include <functional>

#include "gan/models/game.h"
#include "gan/models/make_model.h"
#include "gan/networks/architecture.h"

namespace gan {

/// The part that makes images of latents: the architecture's decoder, averaged.
Part decoder_part(const std::string& name, const NetworkOptions& options, const LatentSpace& latents, ImageShape images,
                  Budget& budget);

/// The plain GAN (Goodfellow et al. 2014, arXiv:1406.2661): G makes images of latents, D judges images.
class Gan : public Game {
 public:
  /// Throws Error as `make_model` does.
  Gan(const ModelOptions& options, ImageShape images, Budget& budget);

  at::Tensor images_of(const at::Tensor& latents) const override { return forward(generator_, latents); }
  Score score(const at::Tensor& images, const at::Tensor& latents) const override;
  InferenceGraph discrimination() const override;

 protected:
  /// A GAN with another latent space, or with another generator than the architecture's decoder. `beside_d` makes the
  /// parts that D's player moves besides the discriminator, of D's trunk.
  using BesideD = std::function<std::vector<Part>(const Trunk& trunk)>;
  Gan(const ModelOptions& options, const LatentSpace& space, ImageShape images, Budget& budget,
      const BesideD& beside_d = {});
  Gan(const ModelOptions& options, const LatentSpace& space, const Part& generator, ImageShape images, Budget& budget,
      const BesideD& beside_d = {});

  Sample real(const Batch& batch) override { return {batch.images}; }
  Sample fake(const Batch& batch) override;
  Judged judge(const Sample& sample, Differentiable asked) override;

  Network generator_;
  Network trunk_, head_;  ///< D's layers; the part "discriminator" is both
};

}  // namespace gan
