#include "gan/data/image_cache.h"

#include "gan/base/error.h"
#include "gan/base/gan_file.h"
#include "gan/base/sha256.h"
#include "gan/base/text.h"
#include "gan/data/npy.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

std::string key_of(const fs::path& path, const std::vector<StoredFile>& files, const Preparation& preparation) {
  constexpr char kEnd = '\0';  // of each text: it is in no name
  Sha256 key;
  const auto add = [&](const std::string& text) { key.update(text + kEnd); };
  add(fs::weakly_canonical(path).string());
  add(to_text(preparation));
  for (const StoredFile& file : files) {
    add(file.name);
    add(to_text(static_cast<int64_t>(file.bytes)) + " " + to_text(file.changed));
  }
  return key.hex();
}

List to_list(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

std::vector<std::string> texts_from(const List& list) {
  std::vector<std::string> texts;
  for (const Value& value : list) {
    if (const auto* text = std::get_if<std::string>(&value)) texts.push_back(*text);
  }
  return texts;
}

}  // namespace

ImageCache::ImageCache(const fs::path& folder, const fs::path& path, const std::vector<StoredFile>& files,
                       const Preparation& preparation) {
  const std::string key = key_of(path, files, preparation);
  images_ = folder / (key + ".npy");
  rest_ = folder / (key + ".pt");
}

std::optional<PreparedData> ImageCache::read() const {
  std::error_code none;
  if (!fs::exists(rest_, none)) return std::nullopt;
  try {
    const Dict rest = read_gan_file(rest_, GanFile::images);
    PreparedData prepared{.data = {map_npy(images_), {}},
                          .note = rest.get<std::string>("note"),
                          .left_out = texts_from(rest.get<List>("left_out"))};
    prepared.data.images_crc32 = static_cast<uint32_t>(rest.get<int64_t>("images_crc32"));
    if (rest.contains("labels")) prepared.data.labels = rest.get<at::Tensor>("labels");
    const Dataset& data = prepared.data;
    const bool labels_fit = !data.labels.defined() || (data.labels.scalar_type() == at::kByte &&
                                                       data.labels.sizes() == at::IntArrayRef{data.size()});
    if (data.images.dim() != 4 || !labels_fit) return std::nullopt;
    return prepared;
  } catch (const Error&) {  // damaged: it is made again
    return std::nullopt;
  }
}

void ImageCache::write(const PreparedData& prepared) const {
  const Dataset images{prepared.data.images, {}};
  Dict rest{{{"note", prepared.note},
             {"left_out", to_list(prepared.left_out)},
             {"images_crc32", static_cast<int64_t>(images.crc32())}}};
  if (prepared.data.labels.defined()) rest.set("labels", prepared.data.labels);
  write_gan_file(rest_, GanFile::images, rest);
}

}  // namespace gan
