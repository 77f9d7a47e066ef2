#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "gan/metrics/judge.h"

namespace gan {

/// Scores samples during a run, by the classifier and the test images of its data set.
class Evaluator {
 public:
  /// For the data set that --data names, if it has a classifier of its own (classifier_path) and test images, and the
  /// preparation leaves the images as the classifier takes them; else none. Test images are read when first needed, so
  /// that a run begins at once. Throws Error for a classifier that cannot be read, takes
  /// other images, or was trained with the other --transpose.
  static std::optional<Evaluator> of(const std::string& data, ImageShape images, const Preparation& preparation = {});

  /// By any classifier and these real images. Judges as above.
  static Evaluator by(const Classifier& classifier, std::function<Dataset()> real);

  /// The path where the classifier of that data set would be.
  static std::filesystem::path expected_at(const std::string& data);

  /// The distance to real images first: Judge::quick_scores, or, of stacked MNIST, stacked_kl and stacked_modes
  /// (metrics/modes.h). Throws Error.
  Scores evaluate(const at::Tensor& samples) const { return judge_(samples); }

  /// SHA-256 of the classifier.
  const std::string& sha256() const { return sha256_; }

  using JudgeSamples = std::function<Scores(const at::Tensor& samples)>;

  /// Any function that scores samples, uint8 [N, C, H, W]. `sha256` identifies it: distances by different ones do not
  /// compare.
  Evaluator(std::string sha256, JudgeSamples judge) : sha256_(std::move(sha256)), judge_(std::move(judge)) {}

 private:
  std::string sha256_;
  JudgeSamples judge_;
};

}  // namespace gan
