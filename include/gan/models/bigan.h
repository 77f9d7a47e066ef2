#pragma once

#include "gan/models/game.h"
#include "gan/models/make_model.h"

namespace gan {

/// BiGAN (Donahue et al. 2017, arXiv:1605.09782): beside G, which makes an image of a latent, an encoder E makes a
/// latent of an image. D judges pairs: (x, E(x)) as real, (G(z), z) as fake. G and E move together, to make each be
/// taken for the other (equation 3), and so become inverses of each other (theorem 2). With a stochastic encoder,
/// E(x) = mean + deviation * noise, it is ALI (Dumoulin et al. 2017, arXiv:1606.00704, section 2.1). The gradient
/// penalty moves x with z held.
class BiGan : public Game {
 public:
  /// Throws Error as `make_model` does.
  BiGan(const ModelOptions& options, ImageShape images, Budget& budget);

  at::Tensor images_of(const at::Tensor& latents) const override { return forward(generator_, latents); }
  Score score(const at::Tensor& images, const at::Tensor& latents) const override;
  Encodes encodes() const override { return Encodes::latents; }

  /// Of a stochastic encoder the means.
  at::Tensor encode(const at::Tensor& images) const override;

  InferenceGraph discrimination() const override;
  InferenceGraph encoding() const override;

 protected:
  Sample real(const Batch& batch) override;
  Sample fake(const Batch& batch) override;
  bool makes_given() const override { return true; }
  Judged judge(const Sample& sample, Differentiable asked) override;

 private:
  Network generator_;
  Network encoder_;  ///< images -> [N, size of z], or twice as many: means, then log variances
  Network trunk_;    ///< the part "discriminator": D's features of an image
  Network pair_;     ///< those and z, side by side -> D's logit
  bool stochastic_ = false;
};

}  // namespace gan
