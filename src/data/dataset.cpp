#include "gan/data/dataset.h"

#include <zlib.h>

#include "gan/base/error.h"
#include "gan/base/random.h"
#include "gan/base/text.h"

namespace gan {

std::string to_text(const ImageShape& shape) {
  return to_text(shape.channels) + "x" + to_text(shape.height) + "x" + to_text(shape.width);
}

Dataset Dataset::to(at::Device device) const {
  return {images.to(device), labels.defined() ? labels.to(device) : labels};
}

int64_t Dataset::classes() const {
  return labels.defined() ? labels.max().item<int64_t>() + 1 : 0;
}

uint32_t Dataset::crc32() const {
  uLong crc = 0;
  for (const at::Tensor& tensor : {images, labels}) {
    if (!tensor.defined()) continue;
    const at::Tensor bytes = tensor.cpu().contiguous();
    crc = crc32_z(crc, static_cast<const Bytef*>(bytes.const_data_ptr()), bytes.nbytes());
  }
  return static_cast<uint32_t>(crc);
}

Dataset Dataset::first(int64_t count) const {
  return {images.narrow(0, 0, count), labels.defined() ? labels.narrow(0, 0, count) : labels};
}

Dataset Dataset::any(int64_t count) const {
  const at::Tensor index = at::randperm(size(), make_generator(0), at::kLong).narrow(0, 0, count);
  const auto chosen = [&](const at::Tensor& all) { return all.defined() ? all.index_select(0, index) : all; };
  return {chosen(images), chosen(labels)};
}

Dict image_shape_to_dict(ImageShape images) {
  return {{{"channels", images.channels}, {"height", images.height}, {"width", images.width}}};
}

ImageShape image_shape_from_dict(const Dict& dict) {
  const ImageShape images{dict.get<int64_t>("channels"), dict.get<int64_t>("height"), dict.get<int64_t>("width")};
  const auto fits = [](int64_t side) { return side >= 1 && side <= kMaxImageSide; };
  if ((images.channels != 1 && images.channels != 3) || !fits(images.height) || !fits(images.width)) {
    throw Error("invalid image shape " + to_text(images));
  }
  return images;
}

}  // namespace gan
