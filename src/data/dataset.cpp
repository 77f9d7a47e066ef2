#include "gan/data/dataset.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/random.h"
#include "gan/base/text.h"

namespace gan {

namespace {

uLong crc_with(uLong crc, const at::Tensor& rows) {
  const at::Tensor bytes = rows.cpu().contiguous();
  return crc32_z(crc, static_cast<const Bytef*>(bytes.const_data_ptr()), bytes.nbytes());
}

/// All images, or, of more than 512 MB, 64 runs of 8 MB at equal distances: the rest need not be read from the disk.
std::vector<at::Tensor> checked_parts(const at::Tensor& images) {
  constexpr int64_t kMost = 512 << 20, kParts = 64;
  if (images.numel() <= kMost) return {images};
  const int64_t rows = std::max<int64_t>(1, kMost / kParts / images[0].numel()), last = images.size(0) - rows;
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < kParts; ++i) parts.push_back(images.narrow(0, last * i / (kParts - 1), rows));
  return parts;
}

}  // namespace

std::string to_text(const ImageShape& shape) {
  return to_text(shape.channels) + "x" + to_text(shape.height) + "x" + to_text(shape.width);
}

Dataset Dataset::to(at::Device device) const {
  return {images.to(device), labels.defined() ? labels.to(device) : labels, images_crc32, class_names};
}

int64_t Dataset::classes() const {
  return labels.defined() ? labels.max().item<int64_t>() + 1 : 0;
}

DataShape Dataset::data_shape() const {
  DataShape data{shape(), classes(), class_names};
  if (!class_names.empty()) data.class_names.resize(static_cast<size_t>(data.classes));  // the last ones may have none
  return data;
}

uint32_t Dataset::crc32() const {
  uLong crc = images_crc32.value_or(0);
  if (!images_crc32) {
    for (const at::Tensor& part : checked_parts(images)) crc = crc_with(crc, part);
  }
  return static_cast<uint32_t>(labels.defined() ? crc_with(crc, labels) : crc);
}

uint32_t Dataset::whole_crc32() const {
  constexpr int64_t kAtOnce = 64 << 20;  // bytes
  uLong crc = 0;
  const int64_t rows =
      std::max<int64_t>(1, kAtOnce / std::max<int64_t>(1, images.numel() / std::max<int64_t>(1, size())));
  for (const at::Tensor& part : images.split(rows)) crc = crc_with(crc, part);
  return static_cast<uint32_t>(labels.defined() ? crc_with(crc, labels) : crc);
}

Dataset Dataset::first(int64_t count) const {
  return {images.narrow(0, 0, count), labels.defined() ? labels.narrow(0, 0, count) : labels,
          count == size() ? images_crc32 : std::nullopt, class_names};
}

Dataset Dataset::from(int64_t begin) const {
  return {images.slice(0, begin), labels.defined() ? labels.slice(0, begin) : labels, std::nullopt, class_names};
}

at::Tensor random_order(int64_t count) {
  return at::randperm(count, make_generator(0), at::kLong);
}

Dataset Dataset::any(int64_t count) const {
  const at::Tensor index = random_order(size()).narrow(0, 0, count);
  const auto chosen = [&](const at::Tensor& all) { return all.defined() ? all.index_select(0, index) : all; };
  return {chosen(images), chosen(labels), std::nullopt, class_names};
}

Dict image_shape_to_dict(ImageShape images) {
  return {{{"channels", images.channels}, {"height", images.height}, {"width", images.width}}};
}

ImageShape image_shape_from_dict(const Dict& dict) {
  const ImageShape images{dict.get<int64_t>("channels"), dict.get<int64_t>("height"), dict.get<int64_t>("width")};
  const auto fits = [](int64_t side) { return side >= 1 && side <= kMaxImageSide; };
  if ((images.channels != 1 && images.channels != 3 && images.channels != 4) || !fits(images.height) ||
      !fits(images.width)) {
    throw Error("invalid image shape " + to_text(images));
  }
  return images;
}

}  // namespace gan
