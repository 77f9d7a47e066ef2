#include "gan/judging/evaluator.h"

#include <memory>

#include "gan/base/error.h"
#include "gan/base/text.h"
#include "gan/data/stacked_mnist.h"
#include "gan/judging/classifier_training.h"
#include "gan/metrics/modes.h"

namespace gan {

namespace {

Scores stacked_scores(const Classifier& classifier, const at::Tensor& samples) {
  const Modes modes = count_modes(classifier, samples);
  return {{"stacked_kl", {modes.kl}}, {"stacked_modes", {static_cast<double>(modes.found)}}};
}

}  // namespace

std::filesystem::path Evaluator::expected_at(const std::string& data) {
  return classifier_path(is_stacked(data) ? digits_of_stacked(data) : data);
}

std::optional<Evaluator> Evaluator::of(const std::string& data, ImageShape images, const Preparation& preparation) {
  const bool stacked = is_stacked(data);
  const auto path = expected_at(data);
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return std::nullopt;
  const Classifier classifier = read_classifier(path);
  const ImageShape takes{stacked ? 3 : classifier.images.channels, classifier.images.height, classifier.images.width};
  const Framing& framing = preparation.framing;
  const bool changed =
      framing.side > 0 || framing.crop.kind == Crop::Kind::pixels || preparation.colors != Colors::automatic;
  if (takes != images && changed) return std::nullopt;
  if (takes != images) {
    throw Error(path.string() + ": takes images of " + to_text(takes) + ", the data has " + to_text(images));
  }
  with_context(path.string(), [&] { require_orientation(classifier, preparation.transpose); });
  if (!has_test_images(data)) return std::nullopt;
  if (stacked) {
    return Evaluator(weights_sha256(classifier.network),
                     [classifier](const at::Tensor& samples) { return stacked_scores(classifier, samples); });
  }
  return by(classifier, [=] { return load_dataset(data, Split::test, Labels::skip, preparation); });
}

Evaluator Evaluator::by(const Classifier& classifier, std::function<Dataset()> real) {
  return Evaluator(weights_sha256(classifier.network),
                   [=, judge = std::shared_ptr<Judge>()](const at::Tensor& samples) mutable {
                     if (!judge) judge = std::make_shared<Judge>(classifier, real());
                     return judge->quick_scores(samples);
                   });
}

}  // namespace gan
