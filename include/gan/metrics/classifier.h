#pragma once

#include <string>

#include "gan/networks/classifier.h"

namespace gan {

/// A trained classifier: the eye of the judge.
struct Classifier {
  std::string name;         ///< of the data set it was trained on: "mnist"
  ImageShape images;        ///< that it takes
  bool transposed = false;  ///< it was trained under --transpose
  int64_t classes = 0;
  double accuracy = 0;  ///< share of the test images that it knows
  Network network;
};

/// What a classifier sees in images.
struct Features {
  at::Tensor values;         ///< double [N, 64]: what its last layer is given
  at::Tensor probabilities;  ///< double [N, classes]
};
Features look_at(const Classifier& classifier, const at::Tensor& images);  ///< uint8 [N, C, H, W]

/// The share of images, N of one or more, whose most probable class is their label, uint8 [N].
double accuracy(const Features& features, const at::Tensor& labels);

}  // namespace gan
