#pragma once

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

/// Something long goes on: `done` of `all` pictures are read.
using TellPictures = std::function<void(int64_t done, int64_t all)>;

PictureSurvey survey_pictures(const FileSet& files, const TellPictures& tell = {});

/// The first folder below what all names have in common, for each picture: its class; the classes are in the order of
/// their names. Empty if a picture lies in no folder, or all in one.
std::vector<std::string> folders_of(const std::vector<std::string>& names);

/// A data set of pictures, in the order of their names; `classes` are the names of the labels.
struct PictureSet {
  Dataset data;
  std::vector<std::string> classes;
  std::vector<std::string> bad;  ///< left out
};

/// Decodes all pictures on all threads. Throws Error if there are none, if more than `bad_pictures` are bad, and if
/// they have several sizes and the framing does not make them one; throws Stopped (base/stop.h).
PictureSet read_pictures(const FileSet& files, const PictureSurvey& survey, const Preparation& preparation,
                         const TellPictures& tell = {});

}  // namespace gan
