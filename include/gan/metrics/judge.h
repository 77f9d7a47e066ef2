#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gan/data/dataset.h"
#include "gan/metrics/classifier.h"
#include "gan/metrics/estimate.h"
#include "gan/metrics/frechet_distance.h"
#include "gan/metrics/neighbours.h"

namespace gan {

using Scores = std::vector<std::pair<std::string, Estimate>>;  ///< by name

/// A judgement of samples, and what the same makes of real images.
struct Judgement {
  int64_t samples = 0, real_images = 0;
  Scores scores, real;                    ///< the same names in the same order
  std::vector<double> class_shares;       ///< of the samples
  std::vector<double> real_class_shares;  ///< of the test images
  Nearest nearest;                        ///< of each sample among the training images
};

/// Judges samples by what a classifier sees in them, beside the test images; needs nothing from outside. A signal to
/// stop that is caught (base/stop.h) ends its work between two parts by Stopped.
class Judge {
 public:
  static constexpr int64_t kFewest = 100;  ///< samples

  /// Throws Error unless the classifier takes such images.
  Judge(Classifier classifier, const Dataset& test);

  /// What a look at the features tells, in this order (N names the classifier, as in "mnist_fd"):
  ///   N_fd              Fréchet distance to the test images' features; +/- by 20 bootstrap draws of the samples
  ///   N_kd              kernel distance to them
  ///   classifier_score, confidence
  ///   class_distance    of the histogram of classes from the test images', and missing_classes, how many
  ///   pairwise_distance of the samples' features
  /// Fewer samples have a larger N_fd, so it compares only with those of as many. At least kFewest, uint8 [N, C, H, W];
  /// throws Error for fewer and for other shapes, as does `judge`.
  Scores glance(const at::Tensor& samples) const;

  /// The same, and precision, recall, density and coverage; nearest_distance, the mean distance to the nearest of the
  /// training images, and memorised (see neighbours.h). Beside it what as many training images get, and, for the last
  /// two, test images. Minutes for 100,000 samples, half a minute for 10,000: `tell` is given a line before each part.
  Judgement judge(const at::Tensor& samples, const Dataset& train,
                  const std::function<void(const std::string&)>& tell = {}) const;

 private:
  void require_samples(const at::Tensor& samples) const;
  Scores glance(const Features& features) const;
  Scores scores_of(const Features& features) const;

  Classifier classifier_;
  at::Tensor test_;                  ///< uint8 [N, C, H, W], in random order
  Features real_;                    ///< of the test images
  Gaussian gaussian_;                ///< of those
  std::vector<double> real_shares_;  ///< of their classes
};

}  // namespace gan
