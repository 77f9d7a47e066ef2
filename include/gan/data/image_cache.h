#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gan/data/dataset.h"
#include "gan/data/file_set.h"
#include "gan/data/preparation.h"

namespace gan {

/// A data set as it was prepared, and what was said about it.
struct PreparedData {
  Dataset data;
  std::string note;                   ///< what was found and done
  std::vector<std::string> left_out;  ///< bad pictures
};

/// An entry of a folder in which prepared data is kept, so that it need not be prepared again nor lie in memory: a
/// NumPy file of the images, and a file of the rest. Its name is a SHA-256 of where the files lie that the images come
/// from, and of the preparation; it counts while no file has another name, size or time. It may be removed at any time.
class ImageCache {
 public:
  /// The folder need not exist yet. `path`: where the files lie.
  ImageCache(const std::filesystem::path& folder, const std::filesystem::path& path,
             const std::vector<StoredFile>& files, const Preparation& preparation);

  /// The entry, its images mapped; none if it is missing, out of date or damaged.
  std::optional<PreparedData> read() const;

  /// Where an ImageStore is to put the images.
  const std::filesystem::path& images() const { return images_; }

  /// Completes the entry, once the images are in their file. Throws CannotKeep (image_store.h).
  void write(const PreparedData& prepared) const;

 private:
  std::filesystem::path images_, rest_;
  std::string files_;  ///< a SHA-256 of their names, sizes and times
};

}  // namespace gan
