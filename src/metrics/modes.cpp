#include "gan/metrics/modes.h"

#include "gan/base/error.h"
#include "gan/base/random.h"
#include "gan/base/text.h"

namespace gan {

namespace {

/// Counts the modes of images, int64 [N].
Modes modes_of(const at::Tensor& triples, int64_t all) {
  const at::Tensor p = at::bincount(triples, {}, all).to(at::kDouble) / static_cast<double>(triples.numel());
  return {.found = (p > 0).sum().item<int64_t>(),
          .all = all,
          .kl = at::xlogy(p, p * static_cast<double>(all)).sum().item<double>()};
}

}  // namespace

Modes count_modes(const Classifier& classifier, const at::Tensor& images) {
  const ImageShape shape = Dataset{images, {}}.shape(), digit = classifier.images;
  if (digit.channels != 1 || shape != ImageShape{3, digit.height, digit.width}) {
    throw Error("expected stacked images, 3x" + to_text(digit.height) + "x" + to_text(digit.width) + ", got " +
                to_text(shape));
  }
  const at::Tensor channels = images.reshape({-1, 1, digit.height, digit.width});
  const at::Tensor classes = extract_features(classifier, channels).probabilities.argmax(1).view({-1, 3});
  const int64_t k = classifier.classes;
  return modes_of((classes.select(1, 0) * k + classes.select(1, 1)) * k + classes.select(1, 2), k * k * k);
}

Modes modes_of_uniform(int64_t all, int64_t samples) {
  return modes_of(at::randint(all, {samples}, make_generator(0), at::kLong), all);
}

}  // namespace gan
