#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "gan/base/value.h"

namespace gan {

/// Height, width and number of colours of an image.
constexpr int64_t kMaxImageSide = 4096;  ///< pixels
struct ImageShape {
  int64_t channels = 1, height = 28, width = 28;
  bool operator==(const ImageShape&) const = default;
};
std::string to_text(const ImageShape& shape);  ///< "1x28x28"

/// As files of ours hold it. Throws Error for an impossible shape.
Dict image_shape_to_dict(ImageShape images);
ImageShape image_shape_from_dict(const Dict& dict);

/// Images as bytes, held whole in memory.
struct Dataset {
  at::Tensor images;  ///< uint8 [N, C, H, W], C of 1 or 3
  at::Tensor labels;  ///< uint8 [N]; undefined where there are none

  int64_t size() const { return images.size(0); }
  ImageShape shape() const { return {images.size(1), images.size(2), images.size(3)}; }
  Dataset to(at::Device device) const;
  uint32_t crc32() const;              ///< of the images' bytes, wherever they are
  Dataset first(int64_t count) const;  ///< a view of the first `count`
};

enum class Split { train, test };
enum class Labels { read, leave };  ///< leave: their file is not opened, so a damaged one does no harm

/// Loads `path`: a folder with the MNIST names (see idx.h), or one IDX file of images, whose labels are left out, or
/// "stacked-mnist:FOLDER" (stacked_mnist.h). With `transpose` rows become columns: EMNIST's files hold them so.
/// Throws Error; for a folder that is missing, with the way to get it.
Dataset load_dataset(const std::filesystem::path& path, Split split = Split::train, Labels labels = Labels::read,
                     bool transpose = false);

/// What --data names, where a relative path starts from `folder`; and whether there is anything at that path.
std::string data_from(const std::filesystem::path& folder, const std::string& data);
bool has_data(const std::string& data);

/// Whether `folder` is a folder with that part's images, under MNIST's names. Reads none.
bool has_images(const std::filesystem::path& folder, Split split);

}  // namespace gan
