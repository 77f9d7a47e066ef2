#pragma once

#include <string>

#include "gan/networks/classifier.h"

namespace gan {

/// A trained classifier, whose features the judge uses.
struct Classifier {
  std::string name;         ///< of its data set: "mnist"; ends in kOfClusters if its classes are clusters (clusters.h)
  ImageShape images;        ///< that it accepts
  bool transposed = false;  ///< trained with --transpose
  int64_t classes = 0;
  double accuracy = 0;  ///< share of the test images that it classifies right
  Network network;
};

inline constexpr const char* kOfClusters = "_clusters";

/// The features and probabilities of images.
struct Features {
  at::Tensor values;         ///< double [N, 64]: the input of its last layer
  at::Tensor probabilities;  ///< double [N, classes]
};
Features extract_features(const Classifier& classifier, const at::Tensor& images);  ///< uint8 [N, C, H, W]

/// The share of images, N >= 1, whose most probable class is their label, uint8 [N].
double accuracy(const Features& features, const at::Tensor& labels);

}  // namespace gan
