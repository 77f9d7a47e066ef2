#pragma once

#include <vector>

#include "gan/metrics/estimate.h"

namespace gan {

// All take the probabilities from a classifier, double [N, classes].

/// exp of the mean over images of KL(p(y | x), p(y)), averaged over ten parts. From 1 (all images are alike) to the
/// number of classes (each image is clearly of one class, all classes equally often). The Inception score of Salimans
/// et al. 2016 (arXiv:1606.03498, section 4) with another classifier.
Estimate classifier_score(const at::Tensor& probabilities);

/// The mean over images of the largest probability.
Estimate confidence(const at::Tensor& probabilities);

/// The share of the images in each class.
std::vector<double> class_shares(const at::Tensor& probabilities);

/// Half the sum of |share - real share|: 0 if the classes are as frequent as among real images, 1 if no class has both.
/// Both have one share a class.
double class_distance(const std::vector<double>& shares, const std::vector<double>& real);

/// How often images show the class that they should: the share whose most probable class is their label, int64 [N], and
/// that share in the class where it is smallest.
struct LabelAccuracy {
  Estimate mean, worst;
};
LabelAccuracy label_accuracy(const at::Tensor& probabilities, const at::Tensor& labels);

/// The Fréchet distances (frechet_distance.h) between the features, double [N, F], of both sides within each class that
/// has ten images or more on each.
std::vector<double> class_distances(const at::Tensor& features, const at::Tensor& labels, const at::Tensor& real,
                                    const at::Tensor& real_labels);

/// The classes with less than a tenth of their share among real images. A class that those lack is not missing.
std::vector<int64_t> missing_classes(const std::vector<double>& shares, const std::vector<double>& real);

}  // namespace gan
