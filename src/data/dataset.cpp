#include "gan/data/dataset.h"

#include <zlib.h>

#include <optional>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/random.h"
#include "gan/base/text.h"
#include "gan/data/entries.h"
#include "gan/data/idx.h"
#include "gan/data/stacked_mnist.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr const char* kHowToGetMnist = "fetch MNIST with scripts/fetch_data.sh mnist, or try --data data/mnist-tiny";

bool path_exists(const fs::path& path) {
  std::error_code ignored;  // if it cannot be opened, the reader says so
  return fs::status(path, ignored).type() != fs::file_type::not_found;
}

/// The file of that name, gzipped or not. Kaggle's MNIST has it in a folder of the same name.
std::optional<fs::path> find_file(const fs::path& folder, const std::string& name) {
  for (const char* packed : {"", ".gz"}) {
    const fs::path path = folder / (name + packed);
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      if (path_exists(path)) return path;
      continue;
    }
    for (const char* packed_inside : {"", ".gz"}) {
      const fs::path inside = path / (name + packed_inside);
      if (path_exists(inside)) return inside;
    }
  }
  return std::nullopt;
}

/// The first file that exists of MNIST's file names, such as "train" + "-images-idx3-ubyte".
std::optional<fs::path> find_idx(const fs::path& folder, const std::string& stem,
                                 const std::vector<std::string>& kinds) {
  for (const auto& kind : kinds) {
    for (const char* separator : {"-", "."}) {
      if (auto path = find_file(folder, stem + separator + kind + "-ubyte")) return path;
    }
  }
  return std::nullopt;
}

std::string file_prefix(Split split) {
  return split == Split::train ? "train" : "t10k";
}

at::Tensor oriented(const at::Tensor& images, bool transpose) {
  return transpose ? images.transpose(2, 3).contiguous() : images;
}

std::optional<fs::path> find_images(const fs::path& folder, Split split) {
  return find_idx(folder, file_prefix(split) + "-images", {"idx3", "idx4"});
}

/// Says what the folder holds instead. If that is nothing, or a part of MNIST, says how to get MNIST.
[[noreturn]] void fail_without_images(const fs::path& folder, Split split) {
  const std::string what = "--data: " + folder.string() + ": no " + file_prefix(split) + "-images-idx3-ubyte (or .gz)";
  const Entries entries = visible_entries(folder);
  const bool has_other_part = find_images(folder, split == Split::train ? Split::test : Split::train).has_value();
  if (has_other_part || entries.count() == 0) throw Error(what + " in this folder", kHowToGetMnist);
  for (const auto& inner : entries.folders) {
    if (find_images(inner, split)) throw Error(what + " in this folder", "--data " + inner.string() + " has it");
  }
  throw Error(what + " in this folder, which holds " + to_text(entries), kHowToMakeIdx);
}

}  // namespace

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

std::string data_from(const fs::path& folder, const std::string& data) {
  return is_stacked(data) ? stacked_of(data_from(folder, digits_of_stacked(data))) : (folder / data).string();
}

bool has_data(const std::string& data) {
  return path_exists(is_stacked(data) ? digits_of_stacked(data) : data);
}

bool has_images(const fs::path& folder, Split split) {
  return find_images(folder, split).has_value();
}

Dataset load_dataset(const fs::path& path, Split split, Labels labels, bool transpose) {
  if (is_stacked(path.string())) {
    constexpr uint64_t kTrainSeed = 1, kTestSeed = 2;
    const Dataset digits = load_dataset(digits_of_stacked(path.string()), split, Labels::skip, transpose);
    return split == Split::train ? stack_digits(digits, kStackedImages, kTrainSeed)
                                 : stack_digits(digits, kStackedSamples, kTestSeed);
  }
  if (path.empty()) throw Error("--data: expected a path, got nothing");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw Error("--data: " + path.string() + ": no such folder or file", kHowToGetMnist);
  }
  if (error) throw Error("--data: " + path.string() + ": cannot open: " + error.message());
  if (!fs::is_directory(status)) return {oriented(read_idx_images(path), transpose), {}};

  const std::string name = file_prefix(split);
  const auto images_path = find_images(path, split);
  if (!images_path) fail_without_images(path, split);
  Dataset dataset{oriented(read_idx_images(*images_path), transpose), {}};
  if (labels == Labels::skip) return dataset;
  if (const auto labels_path = find_idx(path, name + "-labels", {"idx1"})) {
    dataset.labels = read_idx(*labels_path);
    if (dataset.labels.dim() != 1) {
      throw Error(labels_path->string() + ": expected labels in one dimension, got " + to_text(dataset.labels.dim()) +
                  " dimensions");
    }
    if (dataset.labels.size(0) != dataset.size()) {
      throw Error(labels_path->string() + ": " + to_text(dataset.labels.numel()) + " labels for the " +
                  to_text(dataset.size()) + " images of " + images_path->filename().string());
    }
  }
  return dataset;
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
