// Small models, always with the same weights.
#pragma once

#include <memory>

#include "gan/base/random.h"
#include "gan/models/make_model.h"

namespace gan::test {

/// Of data with ten classes.
inline std::unique_ptr<Model> new_model(const ModelOptions& options, ImageShape images = {1, 28, 28}) {
  seed_default_generators(0);
  Budget budget = Budget::of_run();
  return make_model(options, {images, 10}, budget);
}

inline Network generator_of(const Model& model) {
  return model.part("generator").network;
}
inline Network discriminator_of(const Model& model) {
  return model.part("discriminator").network;
}

inline Network new_generator(const ModelOptions& options, ImageShape images = {1, 28, 28}) {
  return generator_of(*new_model(options, images));
}
inline Network new_discriminator(const ModelOptions& options, ImageShape images = {1, 28, 28}) {
  return discriminator_of(*new_model(options, images));
}

}  // namespace gan::test
