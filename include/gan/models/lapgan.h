#pragma once

#include <memory>

#include "gan/models/gan.h"

namespace gan {

/// LAPGAN (Denton et al. 2015, arXiv:1506.05751): a GAN for each level of a pyramid of images whose side doubles from
/// one to the next. The coarsest, of 7 or 8 pixels, is a plain GAN of fully connected layers. Each finer G is given the
/// coarse image, enlarged, and a plane of noise, and makes the residual; D judges coarse plus residual beside images of
/// that size. Levels learn side by side, each from real images; a sample climbs from level to level. Unlike in the
/// paper the sum is clamped to [-1, 1], so that a black background costs the residual nothing.
///
/// Parts, players and turns carry their level's number from 0, the coarsest. So do the losses, but for the finest's,
/// which have the plain names. The architecture decides the discriminators' trunks but for the coarsest.
class Lapgan : public Model {
 public:
  /// Throws Error as `make_model` does.
  Lapgan(const ModelOptions& options, ImageShape images, Budget& budget);
  ~Lapgan() override;

  at::Tensor images_of(const at::Tensor& latents) const override;
  Score score(const at::Tensor& images, const at::Tensor& latents) const override;  ///< by the finest level
  std::pair<at::Tensor, at::Tensor> contest(const Batch& batch) override;           ///< of the finest level
  InferenceGraph generation() const override;
  InferenceGraph discrimination() const override;  ///< by the finest level

 private:
  class Refinement;

  void add(const Model& level);

  std::unique_ptr<Gan> coarsest_;
  std::vector<std::unique_ptr<Refinement>> refinements_;
  int64_t side_ = 0;  ///< of the images
};

/// The images that it makes, in words, if those given are others; else empty.
std::string lapgan_refusal(ImageShape images);

}  // namespace gan
