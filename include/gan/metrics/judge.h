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

/// The real images that samples are compared with.
struct RealImages {
  Dataset test;
  Dataset others;          ///< scored as samples are
  Dataset seen;            ///< that the model may have trained on
  bool test_seen = false;  ///< the test images are among them
};

/// Of data without test images: half of it stands for them and half is scored, 20,000 images at most each. Chosen at
/// random, the same each time.
RealImages halves(const Dataset& all);

/// The scores of samples and, for comparison, of real images.
struct Judgement {
  int64_t samples = 0, real_images = 0;
  Scores scores, real;                    ///< the same names in the same order
  std::vector<double> class_shares;       ///< of the samples
  std::vector<double> real_class_shares;  ///< of the test images
  Nearest nearest;                        ///< image of RealImages::seen of each sample
  std::string equilibrium;                ///< how D stands, in words; empty if that is not known
  Nearest nearest_to_test;                ///< the nearest other one of each test image, in the order of Judge::test
};

/// Compares the features of samples, from a classifier, with those of test images. Throws Stopped (base/stop.h) between
/// two parts of its work if a signal asked the program to stop.
class Judge {
 public:
  static constexpr int64_t kFewest = 100;  ///< samples

  /// Throws Error unless the classifier accepts such images.
  Judge(Classifier classifier, const Dataset& test);

  /// The scores that take seconds, in this order (N is the name of the classifier, as in "mnist_fd"):
  ///   N_fd              Fréchet distance between the features of samples and test images; error by 20 bootstrap draws
  ///   N_kd              kernel distance between them
  ///   classifier_score, confidence
  ///   class_distance    between the histograms of classes
  ///   missing_classes   how many classes are missing
  ///   pairwise_distance between the features of samples
  /// N_fd grows as samples get fewer, so compare only equal numbers of samples. uint8 [N, C, H, W], N >= kFewest;
  /// throws Error for fewer and for other shapes, as does `judge`.
  Scores quick_scores(const at::Tensor& samples) const;

  /// The classifier's view of images, uint8 [N, C, H, W].
  Features features(const at::Tensor& images) const { return extract_features(classifier_, images); }

  const Dataset& test() const { return test_; }            ///< the test images, in random order, with their labels
  const Features& test_features() const { return real_; }  ///< of those
  const std::string& name() const { return classifier_.name; }

  /// Adds precision, recall, density and coverage, nearest_distance (the mean distance to the nearest training image)
  /// and memorised: see neighbours.h. Computes the same for as many other real images; the last two for test images.
  /// Takes half a minute for 10,000 samples, minutes for 100,000: calls `report` with a line before each part.
  /// The judge's test images are those of `real`.
  Judgement judge(const at::Tensor& samples, const RealImages& real,
                  const std::function<void(const std::string&)>& report = {}) const;

 private:
  void require_samples(const at::Tensor& samples) const;
  Scores quick_scores(const Features& features) const;
  Scores scores_of(const Features& features) const;

  Classifier classifier_;
  Dataset test_;                     ///< in random order
  Features real_;                    ///< of the test images
  Gaussian gaussian_;                ///< of those
  std::vector<double> real_shares_;  ///< of their classes
};

}  // namespace gan
