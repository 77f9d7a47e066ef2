#include "gan/metrics/classifier.h"

#include <algorithm>
#include <vector>

#include "gan/base/stop.h"
#include "gan/images/pixels.h"

namespace gan {

Features extract_features(const Classifier& classifier, const at::Tensor& images) {
  constexpr int64_t kAtOnce = 1024;  // images as floats
  const Network trunk = all_but_last(classifier.network), head = only_last(classifier.network);
  std::vector<at::Tensor> values, scores;
  for (int64_t begin = 0; begin < images.size(0); begin += kAtOnce) {
    throw_if_stopped();
    const at::Tensor part = images.narrow(0, begin, std::min(kAtOnce, images.size(0) - begin));
    values.push_back(infer(trunk, to_pixels(part)));
    scores.push_back(infer(head, values.back()));
  }
  return {at::cat(values).to(at::kDouble), at::cat(scores).to(at::kDouble).softmax(1)};
}

double accuracy(const Features& features, const at::Tensor& labels) {
  return features.probabilities.argmax(1).eq(labels).to(at::kDouble).mean().item<double>();
}

}  // namespace gan
