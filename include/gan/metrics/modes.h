#pragma once

#include "gan/metrics/classifier.h"

namespace gan {

/// How many of the classes^3 triples of digits occur in stacked images, and how evenly.
struct Modes {
  int64_t found = 0, all = 0;
  double kl = 0;  ///< sum of p log(p * all), in nats: 0 if all are equally frequent
};

/// The modes of stacked images, uint8 [N, 3, H, W]. The classifier, of images with one channel, classifies each
/// channel. Throws Error for other images.
Modes count_modes(const Classifier& classifier, const at::Tensor& images);

/// The modes of a perfect sampler, which draws `samples` modes uniformly; always the same draw. Its KL is the floor:
/// real samplers do not get much below it.
Modes modes_of_uniform(int64_t all, int64_t samples);

}  // namespace gan
