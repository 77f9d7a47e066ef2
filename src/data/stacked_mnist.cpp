#include "gan/data/stacked_mnist.h"

#include <string_view>

#include "gan/base/error.h"
#include "gan/base/random.h"
#include "gan/base/text.h"

namespace gan {

namespace {
constexpr std::string_view kPrefix = "stacked-mnist:";
}

bool is_stacked(const std::string& data) {
  return data.starts_with(kPrefix);
}

std::string digits_of_stacked(const std::string& data) {
  return data.substr(kPrefix.size());
}

std::string stacked_of(const std::string& digits) {
  return std::string(kPrefix) + digits;
}

Dataset stack_digits(const Dataset& digits, int64_t count, uint64_t seed) {
  constexpr int64_t kChannels = 3;
  if (digits.shape().channels != 1) {
    throw Error("stacked MNIST takes images with one channel, got " + to_text(digits.shape()));
  }
  const at::Tensor drawn = at::randint(digits.size(), {count * kChannels}, make_generator(seed), at::kLong);
  const ImageShape shape = digits.shape();
  return {digits.images.index_select(0, drawn).view({count, kChannels, shape.height, shape.width}), {}};
}

}  // namespace gan
