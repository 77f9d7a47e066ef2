#include "gan/generator.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include "gan/base/error.h"
#include "gan/base/text.h"
#include "gan/images/pixels.h"
#include "gan/run/model_file.h"

namespace gan {

namespace {

template <class Number>
std::vector<Number> numbers_of(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.contiguous();
  const auto* begin = whole.const_data_ptr<Number>();
  return {begin, begin + whole.numel()};
}

void require_seed(int64_t seed) {
  constexpr int64_t kMost = int64_t{1} << 62;  // as gan-sample takes
  if (seed < 0 || seed > kMost) throw Error("expected a seed from 0 to " + to_text(kMost) + ", got " + to_text(seed));
}

}  // namespace

struct Generator::Parts {
  explicit Parts(const std::string& path) : trained(read_model(path)), inference(*trained.model) {}

  const LatentSpace& space() const { return trained.model->latents(); }
  ImageShape shape() const { return trained.data.images; }

  TrainedModel trained;
  InferenceOf inference;  ///< for ever, so that calls change nothing
};

Generator::Generator(const std::string& path) : parts_(std::make_shared<Parts>(path)) {}

int64_t Generator::channels() const {
  return parts_->shape().channels;
}
int64_t Generator::height() const {
  return parts_->shape().height;
}
int64_t Generator::width() const {
  return parts_->shape().width;
}
int64_t Generator::latent_size() const {
  return parts_->space().size();
}
int64_t Generator::classes() const {
  return parts_->space().has("label") ? parts_->space().find("label").size : 0;
}

std::vector<uint8_t> Generator::sample(int64_t seed) const {
  return draw(latent(seed));
}

std::vector<uint8_t> Generator::sample(int64_t seed, int64_t label) const {
  if (classes() == 0) throw Error("this generator has no classes to choose from");
  require_seed(seed);
  const c10::InferenceMode inference;
  const LatentSpace& space = parts_->space();
  const at::Tensor row = space.of_seeds({seed});
  return draw(numbers_of<float>(space.with(row, "label", space.values("label", {static_cast<double>(label)}))));
}

std::vector<float> Generator::latent(int64_t seed) const {
  require_seed(seed);
  const c10::InferenceMode inference;
  return numbers_of<float>(parts_->space().of_seeds({seed}));
}

std::vector<uint8_t> Generator::draw(const std::vector<float>& latents) const {
  const int64_t size = latent_size(), count = std::ssize(latents) / size;
  if (count == 0 || count * size != std::ssize(latents)) {
    throw Error("expected latents of " + to_text(size) + " numbers each, got " + to_text(std::ssize(latents)));
  }
  const c10::InferenceMode inference;
  const at::Tensor rows = at::from_blob(const_cast<float*>(latents.data()), {count, size});  // only read
  return numbers_of<uint8_t>(to_bytes(parts_->trained.model->images_of(rows)));
}

}  // namespace gan
