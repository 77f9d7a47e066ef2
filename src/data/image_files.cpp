#include "gan/data/image_files.h"

#include <algorithm>
#include <vector>

#include "gan/base/error.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/pixels.h"
#include "gan/images/png.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".png") paths.push_back(entry.path());
  }
  if (error) throw Error(folder.string() + ": cannot read this folder: " + error.message());
  if (paths.empty()) throw Error(folder.string() + ": no .png in this folder");
  std::sort(paths.begin(), paths.end());
  return paths;
}

at::Tensor read_pictures(const fs::path& folder) {
  const auto paths = pictures_in(folder);
  std::vector<at::Tensor> pictures;
  for (const auto& path : paths) {
    pictures.push_back(read_png(path));
    if (pictures.back().sizes() != pictures.front().sizes()) {
      throw Error(path.string() + ": of another size, or with another number of colours, than " +
                  paths.front().filename().string());
    }
  }
  return at::stack(pictures);
}

}  // namespace

at::Tensor read_images(const fs::path& path) {
  std::error_code none;
  if (fs::is_directory(path, none)) return read_pictures(path);
  if (path.extension() != ".npy") return read_idx_images(path);
  const at::Tensor array = read_npy(path);
  const at::Tensor images = with_context(path.string(), [&] { return as_images(array); });
  if (images.numel() == 0) throw Error(path.string() + ": there is nothing in it");
  return images;
}

}  // namespace gan
