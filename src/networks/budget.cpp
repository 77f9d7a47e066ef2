#include "gan/networks/budget.h"

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

Budget::Budget(int64_t weights, std::string refusal, std::string hint)
    : left_(weights), refusal_(std::move(refusal)), hint_(std::move(hint)) {}

Budget Budget::of_run() {
  constexpr int64_t kMostWeights = 250'000'000;
  return {kMostWeights, "networks with more than " + with_commas(kMostWeights) + " weights",
          "smaller --base-channels, --latent-size or images"};
}

Budget Budget::of_file(int64_t numbers, const std::string& path) {
  return {numbers,
          (path.empty() ? "" : path + ": ") + "the networks that its options describe have more than the " +
              with_commas(numbers) + " weights that it holds",
          ""};
}

void Budget::pay(int64_t weights) {
  if (weights > left_) throw Error(refusal_, hint_);
  left_ -= weights;
}

}  // namespace gan
