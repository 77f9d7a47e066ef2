#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/data/arrays.h"
#include "gan/data/dataset.h"
#include "gan/data/entries.h"
#include "gan/data/idx.h"
#include "gan/data/image_cache.h"
#include "gan/data/image_store.h"
#include "gan/data/npy.h"
#include "gan/data/pictures.h"
#include "gan/data/stacked_mnist.h"
#include "gan/images/pixels.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr const char* kHowToGetData =
    "name a folder of pictures, fetch MNIST with scripts/fetch_data.sh mnist, or try --data data/mnist-tiny";

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

std::optional<fs::path> find_images(const fs::path& folder, Split split) {
  return find_idx(folder, file_prefix(split) + "-images", {"idx3", "idx4"});
}

/// Says what the folder holds instead. If that is nothing, or a part of MNIST, says how to get MNIST.
[[noreturn]] void fail_without_images(const fs::path& folder, Split split) {
  const std::string name = file_prefix(split) + "-images-idx3-ubyte (or .gz)",
                    what = "--data: " + folder.string() + ": no " + name;
  const Entries entries = visible_entries(folder);
  const bool has_other_part = find_images(folder, split == Split::train ? Split::test : Split::train).has_value();
  if (has_other_part) throw Error(what + " in this folder", kHowToGetData);
  if (entries.count() == 0) throw Error("--data: " + folder.string() + ": an empty folder", kHowToGetData);
  for (const auto& inner : entries.folders) {
    if (find_images(inner, split)) throw Error(what + " in this folder", "--data " + inner.string() + " has it");
  }
  throw Error("--data: " + folder.string() + ": neither pictures (.jpg, .png, .bmp) nor " + name +
                  " in this folder, which holds " + to_text(entries),
              kWhatIsRead);
}

/// MNIST's files.
Dataset load_idx(const fs::path& folder, const fs::path& images_path, Split split, Labels labels) {
  Dataset dataset{read_idx_images(images_path), {}};
  if (labels == Labels::skip) return dataset;
  const auto labels_path = find_idx(folder, file_prefix(split) + "-labels", {"idx1"});
  if (!labels_path) return dataset;
  dataset.labels = read_idx(*labels_path);
  if (dataset.labels.dim() != 1) {
    throw Error(labels_path->string() + ": expected labels in one dimension, got " + to_text(dataset.labels.dim()) +
                " dimensions");
  }
  if (dataset.labels.size(0) != dataset.size()) {
    throw Error(labels_path->string() + ": " + to_text(dataset.labels.numel()) + " labels for the " +
                to_text(dataset.size()) + " images of " + images_path.filename().string());
  }
  return dataset;
}

/// "5,000 pictures of 178x218 pixels, with colours, in 2 classes: cats, dogs; 3 left out"
std::string description(const PictureSurvey& survey, const PictureSet& set) {
  std::string text = with_commas(set.data.size()) + (set.data.size() == 1 ? " picture of " : " pictures of ") +
                     size_text(survey.sizes.begin()->first);
  if (survey.sizes.size() > 1) text += " to " + size_text(survey.sizes.rbegin()->first);
  text += " pixels" + std::string(survey.colored > 0 ? ", with colours" : ", gray");
  if (survey.transparent > 0) text += ", " + with_commas(survey.transparent) + " with an alpha channel";
  if (const auto& names = set.data.class_names; !names.empty()) {
    text += ", in " + to_text(std::ssize(names)) + " classes: " + listed(names);
  }
  if (survey.others > 0)
    text += "; " + with_commas(survey.others) + (survey.others == 1 ? " other file" : " other files");
  if (!set.bad.empty()) text += "; " + with_commas(static_cast<int64_t>(set.bad.size())) + " left out";
  return text;
}

bool is_picture(const StoredFile& file) {
  return is_picture_name(file.name);
}

/// Whether decoding so many bytes of files is worth a copy on the disk: it takes a second or more.
bool takes_long(const FileSet& files) {
  constexpr uint64_t kBytes = 32 << 20;
  uint64_t bytes = 0;
  for (const StoredFile& file : files.files()) bytes += file.bytes;
  return bytes >= kBytes;
}

/// Decodes them, into the cache if there is one.
PreparedData prepare(const FileSet& files, const Preparation& preparation, const Loading& loading,
                     const ImageCache* cache) {
  const PictureSurvey survey = survey_pictures(files, loading.tell);
  PictureSet set = read_pictures(files, survey, preparation, PictureOrder::random, loading.tell, loading.check,
                                 cache != nullptr ? cache->images() : fs::path());
  PreparedData prepared{.data = set.data,
                        .note = description(survey, set) + "; taken as " + to_text(set.data.shape()),
                        .left_out = set.bad};
  if (cache != nullptr) cache->write(prepared);
  return prepared;
}

/// The cache's entry, or the same decoded now. Where nobody asked for a cache, one that cannot be written is done
/// without.
PreparedData kept_or_prepared(const fs::path& path, const FileSet& files, const Preparation& preparation,
                              const Loading& loading) {
  if (loading.cache.empty() || !(loading.cache_all || takes_long(files))) {
    return prepare(files, preparation, loading, nullptr);
  }
  std::vector<StoredFile> pictures;
  std::ranges::copy_if(files.files(), std::back_inserter(pictures), is_picture);
  const ImageCache cache(loading.cache, path, pictures, preparation);
  if (auto kept = cache.read()) {
    if (loading.check) loading.check(kept->data.data_shape(), kept->data.size());
    kept->note += ", from " + loading.cache.string();
    return *kept;
  }
  try {
    PreparedData prepared = prepare(files, preparation, loading, &cache);
    prepared.note += ", kept in " + loading.cache.string();
    return prepared;
  } catch (const CannotKeep& error) {
    if (loading.cache_all) throw;
    if (loading.note) loading.note(std::string("pictures are not kept for the next start: ") + error.what());
    return prepare(files, preparation, loading, nullptr);
  }
}

Dataset load_pictures(const fs::path& path, const FileSet& files, Split split, const Preparation& preparation,
                      const Loading& loading) {
  if (split == Split::test) {
    throw Error("--data: " + path.string() + ": pictures have no test images",
                "gan-eval judges by half of them (gan/metrics/judge.h)");
  }
  const PreparedData prepared =
      with_context("--data: " + path.string(), [&] { return kept_or_prepared(path, files, preparation, loading); });
  if (!loading.note) return prepared.data;
  loading.note(path.string() + ": " + prepared.note);
  for (const std::string& bad : prepared.left_out) loading.note("left out: " + bad);
  return prepared.data;
}

Dataset load_folder(const fs::path& path, Split split, Labels labels, const Preparation& preparation,
                    const Loading& loading) {
  const auto images = find_images(path, split);
  if (images || has_cifar(path, Split::train) || has_cifar(path, Split::test)) {
    Dataset dataset = images ? load_idx(path, *images, split, labels) : read_cifar(path, split);
    dataset.images = prepared(dataset.images, preparation);
    return dataset;
  }
  const bool has_other_part = find_images(path, split == Split::train ? Split::test : Split::train).has_value();
  if (has_other_part) fail_without_images(path, split);
  for (const fs::path& inner : visible_entries(path).folders) {
    if (find_images(inner, split)) fail_without_images(path, split);
  }
  const auto files = open_folder(path);
  if (std::ranges::none_of(files->files(), is_picture)) fail_without_images(path, split);
  return load_pictures(path, *files, split, preparation, loading);
}

Dataset load_file(const fs::path& path, Split split, const Preparation& preparation, const Loading& loading) {
  const std::string beginning = read_beginning(path, kKindBytes), kind = file_kind(beginning, path).what;
  if (kind == "a zip archive") return load_pictures(path, *open_zip(path), split, preparation, loading);
  if (kind == "a tar archive") return load_pictures(path, *open_tar(path), split, preparation, loading);
  const auto read = [&]() -> Dataset {
    if (kind == "a NumPy archive (.npz)") return read_npz(path, split);
    if (kind == "a NumPy file (.npy)") {
      const at::Tensor array = fs::file_size(path) < kMappedBytes ? read_npy(path) : map_npy(path);
      return {with_context(path.string(), [&] { return as_images(array); }), {}};
    }
    if (is_cifar(path)) return read_cifar(path, split);
    return {read_idx_images(path), {}};
  };
  Dataset dataset = read();
  if (dataset.images.numel() == 0) throw Error(path.string() + ": the file holds no images");
  dataset.images = prepared(dataset.images, preparation);
  return dataset;
}

}  // namespace

std::string data_from(const fs::path& folder, const std::string& data) {
  return is_stacked(data) ? stacked_of(data_from(folder, digits_of_stacked(data))) : (folder / data).string();
}

bool has_data(const std::string& data) {
  return path_exists(is_stacked(data) ? digits_of_stacked(data) : data);
}

bool has_images(const fs::path& folder, Split split) {
  return find_images(folder, split).has_value();
}

bool has_test_images(const std::string& data) {
  const fs::path path = is_stacked(data) ? digits_of_stacked(data) : data;
  std::error_code none;
  if (fs::is_directory(path, none)) return has_images(path, Split::test) || has_cifar(path, Split::test);
  return file_kind(read_beginning(path, kKindBytes), path).what == "a NumPy archive (.npz)" && has_test_arrays(path);
}

Dataset load_dataset(const fs::path& path, Split split, Labels labels, const Preparation& preparation,
                     const Loading& loading) {
  if (is_stacked(path.string())) {
    constexpr uint64_t kTrainSeed = 1, kTestSeed = 2;
    const Dataset digits = load_dataset(digits_of_stacked(path.string()), split, Labels::skip, preparation, loading);
    return split == Split::train ? stack_digits(digits, kStackedImages, kTrainSeed)
                                 : stack_digits(digits, kStackedSamples, kTestSeed);
  }
  if (path.empty()) throw Error("--data: expected a path, got nothing");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw Error("--data: " + path.string() + ": no such folder or file", kHowToGetData);
  }
  if (error) throw Error("--data: " + path.string() + ": cannot open: " + error.message());
  Dataset dataset = fs::is_directory(status) ? load_folder(path, split, labels, preparation, loading)
                                             : load_file(path, split, preparation, loading);
  if (labels == Labels::skip || preparation.labels == LabelSource::none) {
    dataset.labels.reset();
    dataset.class_names.clear();
  }
  return dataset;
}

}  // namespace gan
