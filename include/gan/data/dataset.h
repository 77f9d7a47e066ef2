#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gan/base/value.h"
#include "gan/data/preparation.h"

namespace gan {

constexpr int64_t kMaxImageSide = 4096;  ///< pixels
struct ImageShape {
  int64_t channels = 1, height = 28, width = 28;
  bool operator==(const ImageShape&) const = default;
};
std::string to_text(const ImageShape& shape);  ///< "1x28x28"

/// As files of ours hold it. Throws Error for an impossible shape.
Dict image_shape_to_dict(ImageShape images);
ImageShape image_shape_from_dict(const Dict& dict);

/// What a model must know of its data.
struct DataShape {
  ImageShape images;
  int64_t classes = 0;                   ///< labels are 0 to classes - 1; 0: there are none
  std::vector<std::string> class_names;  ///< one for each class; empty: they have no names
};

/// Images as bytes. Large ones may lie in a file that is mapped into memory.
struct Dataset {
  at::Tensor images;                     ///< uint8 [N, C, H, W], C of 1, 3 or 4
  at::Tensor labels;                     ///< uint8 [N]; undefined if there are none
  std::optional<uint32_t> images_crc32;  ///< if it is known already: crc32() without labels
  std::vector<std::string> class_names;  ///< by label; may be longer than classes(); empty: none

  int64_t size() const { return images.size(0); }
  ImageShape shape() const { return {images.size(1), images.size(2), images.size(3)}; }
  int64_t classes() const;  ///< one more than the largest label; 0 without labels
  DataShape data_shape() const;
  Dataset to(at::Device device) const;
  uint32_t crc32() const;              ///< of the images' bytes, 512 MB at most, then the labels', on any device
  uint32_t whole_crc32() const;        ///< of all of them
  Dataset first(int64_t count) const;  ///< a view of the first `count`
  Dataset from(int64_t begin) const;   ///< a view of all but the first `begin`
  Dataset any(int64_t count) const;    ///< the first in `random_order`: data may be sorted
};

/// The numbers from 0 to count - 1 in random order, int64, the same each time.
at::Tensor random_order(int64_t count);

enum class Split { train, test };
enum class Labels { read, skip };  ///< skip: do not open their file, which may be damaged

/// What loading may use, and who hears of it. Each may be empty.
struct Loading {
  std::filesystem::path cache;  ///< folder for pictures as they were prepared (image_cache.h); empty: none
  bool cache_all = false;       ///< small sets, too, that are read in a second
  /// Hears of pictures before any is decoded; may throw Error.
  std::function<void(const DataShape& data, int64_t count)> check;
  std::function<void(const std::string& note)> note;    ///< what was found and done
  std::function<void(int64_t done, int64_t all)> tell;  ///< pictures read
};

/// Loads `path`:
///   - a folder with MNIST's file names, or one IDX file of images, then without labels (idx.h)
///   - "stacked-mnist:FOLDER" (stacked_mnist.h)
///   - a folder, a zip or a tar file of pictures, whose sub-folders are classes (pictures.h), in a random order, the
///     same each time; they have no test split
///   - one array (.npy), which is mapped if it has a gigabyte or more
///   - several arrays (.npz): images and labels, by the names that Keras gives (arrays.h)
///   - a folder of CIFAR-10's binary files, or one of them (arrays.h)
/// Throws Error, with a hint how to get the data if the folder is missing; throws Stopped (base/stop.h).
Dataset load_dataset(const std::filesystem::path& path, Split split = Split::train, Labels labels = Labels::read,
                     const Preparation& preparation = {}, const Loading& loading = {});

/// Resolves the path in a --data value against `folder`, if it is relative.
std::string data_from(const std::filesystem::path& folder, const std::string& data);

/// Whether the path in a --data value exists.
bool has_data(const std::string& data);

/// Whether `folder` has the images of this split, under MNIST's names. Does not read them.
bool has_images(const std::filesystem::path& folder, Split split);

/// Whether the data that --data names has test images, of any kind. Does not read them.
bool has_test_images(const std::string& data);

}  // namespace gan
