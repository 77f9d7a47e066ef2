#include "gan/data/image_store.h"

#include <utility>

#include "gan/base/file.h"

namespace gan {

namespace {

template <class Act>
auto keeping(const Act& act) {
  try {
    return act();
  } catch (const Error& error) {
    throw CannotKeep(error.what());
  }
}

}  // namespace

ImageStore::ImageStore(std::vector<int64_t> sizes, const std::filesystem::path& npy) : path_(npy) {
  if (npy.empty()) {
    memory_ = at::empty(sizes, at::kByte);
  } else {
    keeping([&] {
      make_folder(npy.parent_path());
      file_.emplace(npy, sizes);
    });
  }
}

void ImageStore::append(const at::Tensor& images) {
  if (file_) return keeping([&] { file_->append(images); });
  memory_.narrow(0, taken_, images.size(0)).copy_(images);
  taken_ += images.size(0);
}

at::Tensor ImageStore::finish() {
  if (!file_) return memory_;
  return keeping([&] {
    file_->finish();
    return map_npy(path_);
  });
}

}  // namespace gan
