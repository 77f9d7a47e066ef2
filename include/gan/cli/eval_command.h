#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gan/cli/sample_command.h"
#include "gan/sampling/sampler.h"

namespace gan {

/// What a command line of gan-eval asks for.
struct EvalCommand {
  std::string checkpoint;      ///< a g.pt to draw samples from, or
  std::string samples;         ///< files with samples
  std::string data;            ///< empty: the model's own, or data/mnist
  bool transpose = false;      ///< swap rows and columns of its images
  std::string classifier;      ///< empty: the data set's own, or the run's
  bool stacked_mnist = false;  ///< count modes instead
  int64_t count = 0;           ///< of samples; by default 10,000, or 26,000 for stacked MNIST
  int64_t seed = kFirstJudgedSeed;
  WeightsKind weights = WeightsKind::ema;
  bool json = false;
  std::string picture;  ///< file for samples beside their nearest training images; empty: none
  bool train_classifier = false;
  int64_t epochs = 12;  ///< of the classifier's training
  std::string device = "auto";
  int64_t threads = 0;
  std::optional<std::string> print;  ///< print only this: help, version
};

/// Throws Error with the flag, what was expected and what was got.
EvalCommand parse_eval_command(int argc, const char* const* argv);

}  // namespace gan
