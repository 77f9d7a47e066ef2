#pragma once

#include "gan/metrics/estimate.h"

namespace gan {

/// How the samples' features, double [M, F], lie among those of real images, double [N, F]; N and M above 5.
struct Manifold {
  /// Kynkäänniemi et al. 2019 (arXiv:1904.06991), k = 3: the share of samples within the distance of a real image to
  /// its third nearest among the real ones, for any of them; and the share of real images within such a ball of a
  /// sample.
  Estimate precision, recall;

  /// Naeem et al. 2020 (arXiv:2002.09797), k = 5: in how many of the real images' balls a sample lies, by k; and the
  /// share of real images with a sample in their ball.
  Estimate density, coverage;
};
Manifold manifold(const at::Tensor& real, const at::Tensor& samples);

/// The mean distance between the features, double [N, F], of two images: it falls as images become alike.
Estimate pairwise_distance(const at::Tensor& features);

/// For each image the nearest one among others: distance and index. That of a copy is 0.
struct Nearest {
  at::Tensor distance;  ///< float [M], the root of the summed squared differences of pixels, which are in [-1, 1]
  at::Tensor index;     ///< int64 [M]
};
Nearest nearest(const at::Tensor& images, const at::Tensor& among);  ///< uint8 [M, C, H, W] and [N, C, H, W]

/// The share of images no farther from one of the training set than the nearest 1 % of other real images are, by
/// `Nearest::distance` of both: about 0.01 if nothing is memorised.
Estimate memorised(const at::Tensor& distances, const at::Tensor& real_distances);

}  // namespace gan
