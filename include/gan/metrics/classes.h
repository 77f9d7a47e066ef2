#pragma once

#include <vector>

#include "gan/metrics/estimate.h"

namespace gan {

/// All of these take the probabilities that a classifier gives each image, double [N, classes].

/// exp of the mean over images of KL(p(y | x), p(y)), over ten parts: from 1, all images alike, to the number of
/// classes, each image of one class and as many of each (Salimans et al. 2016, arXiv:1606.03498, section 4, there with
/// another classifier).
Estimate classifier_score(const at::Tensor& probabilities);

/// The mean of the largest probability of an image.
Estimate confidence(const at::Tensor& probabilities);

/// The share of the images in each class.
std::vector<double> class_shares(const at::Tensor& probabilities);

/// Half the sum of |share - real share|: 0 when the classes are as frequent as among the real images, 1 when no class
/// has both. As many shares as real ones.
double class_distance(const std::vector<double>& shares, const std::vector<double>& real);

/// The classes with less than a tenth of their share of the real images; one that those lack is not missing.
std::vector<int64_t> missing_classes(const std::vector<double>& shares, const std::vector<double>& real);

}  // namespace gan
