#include "gan/data/image_files.h"

#include <memory>
#include <utility>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/data/pictures.h"
#include "gan/images/pixels.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// For images that have the size already to which the preparation brings them, as samples of a run have: nothing is cut
/// off.
Preparation uncropped(Preparation preparation, int64_t height, int64_t width) {
  if (height == preparation.framing.side && width == preparation.framing.side) preparation.framing.crop = {};
  return preparation;
}

at::Tensor read_all(const FileSet& files, const TakeNote& note, const std::optional<Preparation>& preparation) {
  const PictureSurvey survey = survey_pictures(files);
  if (survey.others > 0 && note && !survey.pictures.empty()) {
    note("skipped " + with_commas(survey.others) + (survey.others == 1 ? " file that is" : " files that are") +
         " not .jpg, .png or .bmp");
  }
  if (preparation) {
    const bool one = survey.sizes.size() == 1;
    const auto [height, width] = one ? survey.sizes.begin()->first : std::pair<int64_t, int64_t>{};
    const Preparation whole = uncropped(*preparation, height, width);
    return read_pictures(files, survey, whole, PictureOrder::names).data.images;
  }
  if (survey.transparent > 0) {
    throw Error(with_commas(survey.transparent) + (survey.transparent == 1 ? " picture has" : " pictures have") +
                    " transparent pixels, whose colour depends on the background",
                "flatten them onto a background, and save them without transparency");
  }
  if (survey.sizes.size() > 1) {
    throw Error("expected pictures of one size, got " + size_text(survey.sizes.begin()->first) + " to " +
                size_text(survey.sizes.rbegin()->first) + " pixels");
  }
  return read_pictures(files, survey, {}, PictureOrder::names).data.images;
}

/// The files of a folder or an archive, or the one picture; null for anything else.
std::unique_ptr<FileSet> pictures_at(const fs::path& path, const std::string& kind) {
  if (kind == "a zip archive") return open_zip(path);
  if (kind == "a tar archive") return open_tar(path);
  return kind.ends_with("picture") || is_picture_name(path) ? open_one(path) : nullptr;
}

at::Tensor read_array(const fs::path& path) {
  if (path.extension() != ".npy") return read_idx_images(path);
  const at::Tensor array = read_npy(path);
  const at::Tensor images = with_context(path.string(), [&] { return as_images(array).contiguous(); });
  if (images.numel() == 0) throw Error(path.string() + ": the file holds no images");
  return images;
}

}  // namespace

at::Tensor read_images(const fs::path& path, const TakeNote& note, const std::optional<Preparation>& preparation) {
  std::error_code none;
  const auto files = fs::is_directory(path, none)
                         ? open_folder(path)
                         : pictures_at(path, file_kind(read_beginning(path, kKindBytes), path).what);
  if (!files) {
    const at::Tensor images = read_array(path);
    return preparation ? prepared(images, uncropped(*preparation, images.size(2), images.size(3))) : images;
  }
  const auto note_of_path = [&](const std::string& text) {
    if (note) note(path.string() + ": " + text);
  };
  return with_context(path.string(), [&] { return read_all(*files, note_of_path, preparation); });
}

}  // namespace gan
