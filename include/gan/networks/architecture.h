#pragma once

#include "gan/networks/budget.h"
#include "gan/networks/network.h"

namespace gan {

/// Pixels to features: a discriminator or an encoder without its head.
struct Trunk {
  Network network;       ///< [N, C, H, W] -> [N, features]
  int64_t features = 0;  ///< numbers an image
  int64_t layers = 0;    ///< layers with weights so far; a head counts on from here: "linear4" after three
};

/// How the networks of one architecture are made. New networks are on the CPU, in training mode, with the weights that
/// LibTorch gives each layer, drawn from its default CPU generator; `initialize` (init.h) finishes them. Each weight is
/// paid from the budget. Makers throw Error, and assume that `require_image_shape` has accepted the images.
struct Architecture {
  /// Numbers [N, inputs] to pixels [N, C, H, W] in [-1, 1].
  Network (*decoder)(const NetworkOptions&, int64_t inputs, ImageShape, Budget&);
  Trunk (*trunk)(const NetworkOptions&, ImageShape, Budget&);
  /// The images that it makes, in words, if those given are others; else empty.
  std::string (*refusal)(ImageShape);
  /// Images a training step needs: batch norm over one vector an image has no variance in a batch of one.
  int64_t smallest_batch = 1;
};

/// The one switch over the names of architectures.
Architecture architecture(Arch arch);

/// Latents that a decoder with virtual batch norm takes as its reference batch.
constexpr int64_t kReferenceBatch = 64;

/// Sets the reference batch of a decoder with virtual batch norm: latents [kReferenceBatch, inputs].
void set_reference(const Network& decoder, const at::Tensor& latents);

/// Throws Error if the architecture cannot make images of this shape.
void require_image_shape(Arch arch, ImageShape images);

}  // namespace gan
