#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gan/data/dataset.h"
#include "gan/data/file_set.h"
#include "gan/data/preparation.h"

namespace gan {

/// What the headers of pictures say.
struct PictureSurvey {
  std::vector<size_t> pictures;          ///< indices of files that are pictures, and whole as far as headers tell
  std::vector<std::string> bad;          ///< "cats/3.jpg: truncated: ..."
  int64_t others = 0;                    ///< files of other names
  int64_t colored = 0, transparent = 0;  ///< pictures: with colours, with an alpha channel
  std::map<std::pair<int64_t, int64_t>, int64_t> sizes;  ///< {height, width}: how many
};

/// "136x128" of {128, 136}: sizes are stored as {height, width} and written as width x height.
std::string size_text(const std::pair<int64_t, int64_t>& size);

/// Something long goes on: `done` of `all` pictures are read.
using TellPictures = std::function<void(int64_t done, int64_t all)>;

PictureSurvey survey_pictures(const FileSet& files, const TellPictures& tell = {});

/// The first folder below what all names have in common, for each picture: its class; the classes are in the order of
/// their names. Empty if a picture lies in no folder, or all in one.
std::vector<std::string> folders_of(const std::vector<std::string>& names);

/// The order of their names; or `random_order`: names would sort them by class.
enum class PictureOrder { names, random };

/// A data set of pictures.
struct PictureSet {
  Dataset data;
  std::vector<std::string> bad;  ///< left out
};

/// Hears of shape, classes and number of the images before any is decoded; may throw Error.
using CheckShape = std::function<void(const DataShape& data, int64_t count)>;

/// Decodes all pictures on all threads, into the NumPy file `npy` if there is one, which is then mapped. Decodes all of
/// them again if any cannot be decoded and may be left out. Throws Error if there are none, if more than `bad_pictures`
/// are bad, and if they have several sizes and the framing does not make them one; throws Stopped (base/stop.h).
PictureSet read_pictures(const FileSet& files, const PictureSurvey& survey, const Preparation& preparation,
                         PictureOrder order, const TellPictures& tell = {}, const CheckShape& check = {},
                         const std::filesystem::path& npy = {});

}  // namespace gan
