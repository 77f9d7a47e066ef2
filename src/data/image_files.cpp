#include "gan/data/image_files.h"

#include <algorithm>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/data/entries.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/pixels.h"
#include "gan/images/png.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr const char* kOnlyPng = "only PNG pictures are read";

std::vector<fs::path> pictures_in(const fs::path& folder, const TakeNote& note) {
  Entries entries = visible_entries(folder);
  const std::vector<fs::path> pictures = std::move(entries.files[".png"]);
  entries.files.erase(".png");
  const std::string others = to_text(entries);
  if (pictures.empty()) {
    throw Error(folder.string() + ": no .png in this folder" + (others.empty() ? "" : ", which holds " + others),
                kOnlyPng);
  }
  if (!others.empty() && note) note(folder.string() + ": skipped " + others + ": " + kOnlyPng);
  return pictures;
}

at::Tensor read_pictures(const fs::path& folder, const TakeNote& note) {
  const auto paths = pictures_in(folder, note);
  std::vector<at::Tensor> pictures;
  int64_t channels = 1;
  for (const auto& path : paths) {
    pictures.push_back(read_png(path));
    channels = std::max(channels, pictures.back().size(0));
    const at::IntArrayRef size = pictures.back().sizes().slice(1), expected = pictures.front().sizes().slice(1);
    if (size != expected) {
      throw Error(path.string() + ": expected " + to_text(expected[0]) + "x" + to_text(expected[1]) + " pixels like " +
                  paths.front().filename().string() + ", got " + to_text(size[0]) + "x" + to_text(size[1]));
    }
  }
  // Programs that shrink PNG files save pictures without colours as gray, even among others.
  for (auto& picture : pictures) picture = picture.expand({channels, -1, -1});
  return at::stack(pictures);
}

}  // namespace

at::Tensor read_images(const fs::path& path, const TakeNote& note) {
  std::error_code none;
  if (fs::is_directory(path, none)) return read_pictures(path, note);
  const std::string kind = file_kind(read_beginning(path, kKindBytes), path).what;
  if (kind.ends_with("picture")) {
    throw Error(path.string() + ": " + kind +
                ": expected a folder of PNG pictures, an IDX file or a NumPy file (.npy)");
  }
  if (path.extension() != ".npy") return read_idx_images(path);
  const at::Tensor array = read_npy(path);
  const at::Tensor images = with_context(path.string(), [&] { return as_images(array).contiguous(); });
  if (images.numel() == 0) throw Error(path.string() + ": the file holds no images");
  return images;
}

}  // namespace gan
