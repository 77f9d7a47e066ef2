#pragma once

#include "gan/metrics/estimate.h"

namespace gan {

/// Compares the neighbourhoods of the features of samples, double [M, F], and real images, double [N, F]; N, M > 5.
struct Manifold {
  /// Kynkäänniemi et al. 2019 (arXiv:1904.06991), k = 3. The ball of an image reaches to its k-th nearest neighbour
  /// within its own set. Precision: the share of samples in the ball of any real image. Recall: the share of real
  /// images in the ball of any sample.
  Estimate precision, recall;

  /// Naeem et al. 2020 (arXiv:2002.09797), k = 5. Density: the mean number of real images' balls that hold a sample,
  /// divided by k. Coverage: the share of real images with a sample in their ball.
  Estimate density, coverage;
};
Manifold manifold(const at::Tensor& real, const at::Tensor& samples);

/// The mean distance between the features, double [N, F], of two images. Falls in mode collapse.
Estimate pairwise_distance(const at::Tensor& features);

/// Whether the images whose neighbours are wanted lie among the others themselves: then the second nearest is taken.
enum class Itself { not_among, among };

/// The nearest other image of each image. The distance of a copy is 0.
struct Nearest {
  at::Tensor distance;  ///< float [M]: Euclidean, of pixels in [-1, 1]
  at::Tensor index;     ///< int64 [M]
};
/// Of uint8 [M, C, H, W] in [N, C, H, W]; N > 1 if they lie among them.
Nearest nearest(const at::Tensor& images, const at::Tensor& among, Itself itself = Itself::not_among);

/// The share of images as close to a training image as the closest 1 % of other real images: about 0.01 if nothing is
/// memorised. Takes `Nearest::distance` of both.
Estimate memorised(const at::Tensor& distances, const at::Tensor& real_distances);

}  // namespace gan
