#pragma once

#include "gan/networks/head.h"
#include "gan/networks/init.h"

namespace gan::test {

constexpr int64_t kInputs = 100;  // of a generator, where a test names no other

/// A decoder and a trunk with a linear head of one output, initialised.
struct Pair {
  Network generator, discriminator;
};

inline Pair new_pair(const NetworkOptions& options, ImageShape images, Budget budget, int64_t inputs = kInputs) {
  const Architecture arch = architecture(options.arch);
  const Network generator = arch.decoder(options, inputs, images, budget);
  const Trunk trunk = arch.trunk(options, images, budget);
  const Pair pair{generator, joined(trunk.network, linear_head(trunk, 1, options, budget))};
  initialize(pair.generator, options.init);
  initialize(pair.discriminator, options.init);
  return pair;
}

inline Pair new_pair(const NetworkOptions& options, ImageShape images = {}, int64_t inputs = kInputs) {
  return new_pair(options, images, Budget::of_run(), inputs);
}

inline int64_t count(const Network& network) {
  int64_t weights = 0;
  for (const auto& parameter : parameters(network)) weights += parameter.numel();
  return weights;
}

}  // namespace gan::test
