#include "gan/data/image_cache.h"

#include "gan/base/error.h"
#include "gan/base/gan_file.h"
#include "gan/base/sha256.h"
#include "gan/base/text.h"
#include "gan/data/image_store.h"
#include "gan/data/npy.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

std::string sha256_of(const std::vector<std::string>& texts) {
  constexpr char kEnd = '\0';  // it is in no text
  Sha256 hash;
  for (const std::string& text : texts) hash.update(text + kEnd);
  return hash.hex();
}

std::vector<std::string> texts_of(const std::vector<StoredFile>& files) {
  std::vector<std::string> texts;
  for (const StoredFile& file : files) {
    texts.push_back(file.name);
    texts.push_back(to_text(static_cast<int64_t>(file.bytes)) + " " + to_text(file.changed));
  }
  return texts;
}

}  // namespace

ImageCache::ImageCache(const fs::path& folder, const fs::path& path, const std::vector<StoredFile>& files,
                       const Preparation& preparation)
    : files_(sha256_of(texts_of(files))) {
  constexpr const char* kDecoders = "1";  // count on when they give other pixels
  const std::string key = sha256_of({kDecoders, fs::weakly_canonical(path).string(), to_text(preparation)});
  images_ = folder / (key + ".npy");
  rest_ = folder / (key + ".pt");
}

std::optional<PreparedData> ImageCache::read() const {
  std::error_code none;
  if (!fs::exists(rest_, none)) return std::nullopt;
  try {
    const Dict rest = read_gan_file(rest_, GanFile::images);
    if (rest.get<std::string>("files") != files_) return std::nullopt;
    PreparedData prepared{
        .data = {map_npy(images_), {}}, .note = rest.get<std::string>("note"), .left_out = texts_in(rest, "left_out")};
    Dataset& data = prepared.data;
    if (data.images.dim() != 4 || data.size() != rest.get<int64_t>("count")) return std::nullopt;
    data.images_crc32 = data.crc32();
    if (*data.images_crc32 != static_cast<uint32_t>(rest.get<int64_t>("images_crc32"))) return std::nullopt;
    if (rest.contains("labels")) data.labels = rest.get<at::Tensor>("labels");
    const bool labels_fit = !data.labels.defined() || (data.labels.scalar_type() == at::kByte &&
                                                       data.labels.sizes() == at::IntArrayRef{data.size()});
    if (!labels_fit) return std::nullopt;
    if (data.labels.defined()) data.class_names = texts_in(rest, "class_names");
    if (std::ssize(data.class_names) < data.classes()) return std::nullopt;
    return prepared;
  } catch (const Error&) {  // damaged: it is made again
    return std::nullopt;
  }
}

void ImageCache::write(const PreparedData& prepared) const {
  const Dataset images{prepared.data.images, {}};
  Dict rest{{{"files", files_},
             {"count", images.size()},
             {"note", prepared.note},
             {"left_out", to_list(prepared.left_out)},
             {"images_crc32", static_cast<int64_t>(images.crc32())}}};
  if (prepared.data.labels.defined()) {
    rest.set("labels", prepared.data.labels);
    rest.set("class_names", to_list(prepared.data.class_names));
  }
  try {
    write_gan_file(rest_, GanFile::images, rest);
  } catch (const Error& error) {
    throw CannotKeep(error.what());
  }
}

}  // namespace gan
