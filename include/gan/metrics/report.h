#pragma once

#include <string>

#include "gan/base/terminal.h"
#include "gan/metrics/judge.h"
#include "gan/metrics/modes.h"

namespace gan {

/// The modes of stacked samples, of as many real images, and of a perfect sampler.
struct ModesReport {
  int64_t samples = 0;
  Modes found, real, uniform;
};

/// A table for the screen: scores of samples, scores of real images, and whether lower or higher is better. `sha256` is
/// that of the classifier's weights. On a screen narrower than the table each cell gets a line.
std::string to_table(const Judgement& judgement, const Classifier& classifier, const std::string& sha256,
                     int columns = Screen::kAnyWidth);
std::string to_table(const ModesReport& report, const Classifier& classifier, const std::string& sha256,
                     int columns = Screen::kAnyWidth);

/// The same as one JSON object, with null for numbers that are not finite:
///   {"samples": 10000, "classifier": {"name", "accuracy", "sha256"}, "real_images": 10000,
///    "scores": {"mnist_fd": {"value", "error", "real", "real_error"}, ...}, "class_shares": [...]}
///   {"samples": 26000, "classifier": {...}, "modes", "kl", "real": {"modes", "kl"}, "uniform": {"modes", "kl"}}
std::string to_json(const Judgement& judgement, const Classifier& classifier, const std::string& sha256);
std::string to_json(const ModesReport& report, const Classifier& classifier, const std::string& sha256);

/// One picture, uint8 [C, H, W], of the first 64 samples, uint8 [N, C, H, W]. Each shares a gray frame with its nearest
/// training image, on its right.
at::Tensor nearest_picture(const at::Tensor& samples, const at::Tensor& train, const Nearest& nearest);

}  // namespace gan
