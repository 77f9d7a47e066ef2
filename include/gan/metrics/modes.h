#pragma once

#include "gan/metrics/classifier.h"

namespace gan {

/// How many of the classes^3 triples of digits stacked images show, and how evenly.
struct Modes {
  int64_t found = 0, all = 0;
  double kl = 0;  ///< sum of p log(p * all), nats: 0 when all are as frequent
};

/// Of stacked images, uint8 [N, 3, H, W], each channel as the classifier, of images with one channel, sees it. Throws
/// Error for other images.
Modes count_modes(const Classifier& classifier, const at::Tensor& images);

/// What a perfect sampler gets, each of whose `samples` is of any mode with one chance: by one draw, always the same.
/// Nothing that is no error comes out much below its KL.
Modes modes_of_uniform(int64_t all, int64_t samples);

}  // namespace gan
