#include "gan/data/arrays.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/data/file_set.h"
#include "gan/data/npy.h"
#include "gan/images/pixels.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr int64_t kCifarSide = 32, kCifarRecord = 1 + 3 * kCifarSide * kCifarSide;

const std::vector<std::string> kTestImages{"x_test", "test_images"};

/// The index of the first array of these names; none if the archive has no such array.
std::optional<size_t> find_array(const FileSet& arrays, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto found = std::ranges::find(arrays.files(), name + ".npy", &StoredFile::name);
    if (found != arrays.files().end()) return static_cast<size_t>(found - arrays.files().begin());
  }
  return std::nullopt;
}

std::string names_of(const FileSet& arrays) {
  std::vector<std::string> names;
  for (const StoredFile& file : arrays.files()) names.push_back(fs::path(file.name).stem().string());
  return names.empty() ? "nothing" : joined(names, ", ");
}

/// The images and labels of one file.
Dataset read_cifar_file(const fs::path& path) {
  std::string file = read_file(path);
  const auto size = static_cast<int64_t>(file.size());
  if (size == 0 || size % kCifarRecord != 0) {
    throw Error(path.string() + ": expected records of " + to_text(kCifarRecord) + " bytes, as CIFAR-10 has, got " +
                with_commas(size) + " bytes");
  }
  const at::Tensor records = at::from_blob(file.data(), {size / kCifarRecord, kCifarRecord}, at::kByte);
  const at::Tensor pixels = records.narrow(1, 1, kCifarRecord - 1).clone();
  return {pixels.view({-1, 3, kCifarSide, kCifarSide}), records.select(1, 0).clone()};
}

std::vector<fs::path> cifar_files(const fs::path& folder, Split split) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    const bool of_test = std::string_view(name).starts_with("test");
    if (of_test == (split == Split::test) && fs::exists(folder / name, none)) files.push_back(folder / name);
  }
  return files;
}

}  // namespace

Dataset read_npz(const fs::path& path, Split split) {
  const auto arrays = open_zip(path);
  return with_context(path.string(), [&]() -> Dataset {
    const bool train = split == Split::train;
    const auto images = find_array(
        *arrays, train ? std::vector<std::string>{"x_train", "train_images", "images", "arr_0"} : kTestImages);
    if (!images) {
      throw Error(std::string("no array of ") + (train ? "training" : "test") + " images, but " + names_of(*arrays),
                  train ? "name it x_train, train_images or images" : "name it x_test or test_images");
    }
    Dataset dataset{
        as_images(with_context(arrays->files()[*images].name, [&] { return parse_npy(arrays->read(*images)); })), {}};
    if (dataset.size() == 0) throw Error("holds no images");
    const auto labels =
        find_array(*arrays, train ? std::vector<std::string>{"y_train", "train_labels", "labels", "arr_1"}
                                  : std::vector<std::string>{"y_test", "test_labels"});
    if (!labels) return dataset;
    const std::string& name = arrays->files()[*labels].name;
    dataset.labels = with_context(name, [&] { return parse_npy_labels(arrays->read(*labels)); }).flatten();
    if (dataset.labels.size(0) != dataset.size()) {
      throw Error(name + ": " + to_text(dataset.labels.size(0)) + " labels for " + to_text(dataset.size()) + " images");
    }
    return dataset;
  });
}

bool has_test_arrays(const fs::path& path) {
  return find_array(*open_zip(path), kTestImages).has_value();
}

bool is_cifar(const fs::path& file) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(file, error));
  return !error && name_ending(file) == ".bin" && size > 0 && size % kCifarRecord == 0;
}

bool has_cifar(const fs::path& folder, Split split) {
  return !cifar_files(folder, split).empty();
}

Dataset read_cifar(const fs::path& path, Split split) {
  std::error_code none;
  const auto files = fs::is_directory(path, none) ? cifar_files(path, split) : std::vector{path};
  if (files.empty()) {
    throw Error("--data: " + path.string() + ": no " + (split == Split::test ? "test_batch.bin" : "data_batch_1.bin") +
                " in this folder");
  }
  std::vector<at::Tensor> images, labels;
  for (const fs::path& file : files) {
    const Dataset part = read_cifar_file(file);
    images.push_back(part.images);
    labels.push_back(part.labels);
  }
  return {at::cat(images), at::cat(labels)};
}

}  // namespace gan
