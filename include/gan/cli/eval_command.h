#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gan/cli/sample_command.h"
#include "gan/sampling/sampler.h"

namespace gan {

/// What a command line of gan-eval asks for.
struct EvalCommand {
  std::string checkpoint;  ///< a g.pt to draw from, or
  std::string samples;     ///< images to read
  std::string data = "data/mnist";
  bool transpose = false;      ///< the rows of its images are columns
  std::string classifier;      ///< empty: the data set's own
  bool stacked_mnist = false;  ///< count modes instead
  int64_t count = 0;           ///< samples; as given, or 10,000, or for stacked MNIST 26,000
  int64_t seed = kFirstJudgedSeed;
  WeightsKind weights = WeightsKind::ema;
  bool json = false;
  std::string picture;  ///< samples beside their nearest training images; empty: none
  bool train_classifier = false;
  int64_t epochs = 12;  ///< of the classifier's training
  std::string device = "auto";
  int64_t threads = 0;
  std::optional<std::string> print;  ///< only this is to be printed: help, version
};

/// Throws Error with the flag, what was expected and what was got.
EvalCommand parse_eval_command(int argc, const char* const* argv);

}  // namespace gan
