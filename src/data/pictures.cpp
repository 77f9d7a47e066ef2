#include "gan/data/pictures.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <optional>

#include "gan/base/error.h"
#include "gan/base/stop.h"
#include "gan/base/text.h"
#include "gan/data/image_store.h"
#include "gan/images/picture.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr size_t kMostClasses = 256;  // labels are bytes
constexpr int64_t kBlock = 100;       // pictures between two looks at the stop signal

/// Calls work(i) for each i < count on all threads, in blocks of kBlock; after each block after(its size). Gives what
/// `work` threw as Error, by i.
std::vector<std::string> on_all_threads(
    int64_t count, const TellPictures& tell, const std::function<void(int64_t)>& work,
    const std::function<void(int64_t)>& after = [](int64_t) {}) {
  std::vector<std::string> failures(static_cast<size_t>(count));
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    throw_if_stopped();
    if (tell && begin > 0) tell(begin, count);
    const int64_t end = std::min(count, begin + kBlock);
    at::parallel_for(begin, end, 1, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) {
        try {
          work(i);
        } catch (const Error& error) {
          failures[static_cast<size_t>(i)] = error.what();
        } catch (const c10::Error& error) {
          failures[static_cast<size_t>(i)] = error.what_without_backtrace();
        }
      }
    });
    after(end - begin);
  }
  return failures;
}

std::string read_picture_file(const FileSet& files, size_t index) {
  constexpr uint64_t kMostBytes = 256 << 20;
  if (files.files()[index].bytes > kMostBytes) throw Error("a file of more than 256 MB");
  return files.read(index);
}

/// "a.png: truncated; b.png: ...; ..."
std::string first_of(const std::vector<std::string>& bad) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> named(bad.begin(), bad.begin() + static_cast<int64_t>(std::min(kNamed, bad.size())));
  if (bad.size() > kNamed) named.emplace_back("...");
  return joined(named, "; ");
}

void require_few_bad(const std::vector<std::string>& bad, int64_t most) {
  if (static_cast<int64_t>(bad.size()) <= most) return;
  throw Error(with_commas(static_cast<int64_t>(bad.size())) + (bad.size() == 1 ? " picture" : " pictures") +
                  " cannot be used: " + first_of(bad),
              "--bad-pictures " + to_text(static_cast<int64_t>(bad.size())) + " leaves them out");
}

int64_t channels_of(const PictureSurvey& survey, const Preparation& preparation) {
  if (const auto channels = channels_of(preparation.colors)) return *channels;
  const Color& behind = preparation.framing.background;
  const bool colored_behind = survey.transparent > 0 && (behind.red != behind.green || behind.green != behind.blue);
  return survey.colored > 0 || colored_behind ? 3 : 1;
}

/// Height and width of all images.
std::pair<int64_t, int64_t> size_of(const PictureSurvey& survey, const Framing& framing) {
  if (framing.crop.kind == Crop::Kind::pixels) {
    for (const auto& [size, count] : survey.sizes) {
      if (framing.crop.pixels <= std::min(size.first, size.second)) continue;
      throw Error("--crop " + to_text(framing.crop) + ": there are pictures of " + size_text(size) + " pixels");
    }
  }
  if (framing.side > 0) return {framing.side, framing.side};
  if (framing.crop.kind == Crop::Kind::pixels) return {framing.crop.pixels, framing.crop.pixels};
  const auto &smallest = survey.sizes.begin()->first, &largest = survey.sizes.rbegin()->first;
  if (survey.sizes.size() > 1) {
    throw Error("the pictures have " + with_commas(static_cast<int64_t>(survey.sizes.size())) + " sizes, from " +
                    size_text(smallest) + " to " + size_text(largest) + " pixels",
                "--image-size 64 makes all of them 64x64");
  }
  return smallest;
}

/// What each picture becomes.
struct Frame {
  ImageShape shape;
  Framing framing;
  bool transpose = false;
};

Frame frame_of(const PictureSurvey& survey, const Preparation& preparation) {
  auto [height, width] = size_of(survey, preparation.framing);
  if (preparation.transpose) std::swap(height, width);
  return {{channels_of(survey, preparation), height, width}, preparation.framing, preparation.transpose};
}

at::Tensor framed_picture(const std::string& file, const Frame& frame) {
  const at::Tensor colored = with_colors(decode_picture(file), frame.shape.channels, frame.framing.background);
  const at::Tensor image = framed(colored, frame.framing);
  return frame.transpose ? image.transpose(1, 2) : image;
}

std::vector<size_t> in_order(const std::vector<size_t>& pictures, PictureOrder order) {
  if (order == PictureOrder::names) return pictures;
  const auto count = static_cast<int64_t>(pictures.size());
  const at::Tensor random = random_order(count);
  std::vector<size_t> ordered;
  for (const int64_t i : at::IntArrayRef(random.const_data_ptr<int64_t>(), static_cast<size_t>(count))) {
    ordered.push_back(pictures[static_cast<size_t>(i)]);
  }
  return ordered;
}

/// Images, or the pictures that have none: the index of a file, and what is wrong with it.
struct Decoded {
  at::Tensor images;
  std::vector<std::pair<size_t, std::string>> bad;
};

Decoded decode(const FileSet& files, const std::vector<size_t>& pictures, const Frame& frame, const fs::path& npy,
               const TellPictures& tell) {
  const auto count = static_cast<int64_t>(pictures.size());
  const ImageShape& shape = frame.shape;
  ImageStore store({count, shape.channels, shape.height, shape.width}, npy);
  const auto file_at = [&](int64_t i) { return pictures[static_cast<size_t>(i)]; };
  const at::Tensor block = at::empty({kBlock, shape.channels, shape.height, shape.width}, at::kByte);
  const auto failures = on_all_threads(
      count, tell,
      [&](int64_t i) { block[i % kBlock].copy_(framed_picture(read_picture_file(files, file_at(i)), frame)); },
      [&](int64_t done) { store.append(block.narrow(0, 0, done)); });
  Decoded decoded;
  for (int64_t i = 0; i < count; ++i) {
    const std::string& failure = failures[static_cast<size_t>(i)];
    if (!failure.empty()) decoded.bad.emplace_back(file_at(i), failure);
  }
  std::ranges::sort(decoded.bad);
  if (decoded.bad.empty()) decoded.images = store.finish();
  return decoded;
}

/// The folder of each picture that says its class (folders_of).
std::vector<std::string> class_folders(const FileSet& files, const std::vector<size_t>& pictures) {
  std::vector<std::string> names;
  for (const size_t index : pictures) names.push_back(files.files()[index].name);
  return folders_of(names);
}

std::vector<std::string> classes_of(const FileSet& files, const std::vector<size_t>& pictures, LabelSource source) {
  if (source == LabelSource::none) return {};
  std::vector<std::string> classes = class_folders(files, pictures);
  std::ranges::sort(classes);
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  if (classes.size() > kMostClasses) {
    throw Error(with_commas(static_cast<int64_t>(classes.size())) + " sub-folders, more than the " +
                    to_text(static_cast<int64_t>(kMostClasses)) + " classes that labels can name",
                "--labels none takes no classes from them");
  }
  return classes;
}

/// Labels by the names of classes, which are in order.
at::Tensor labels_of(const FileSet& files, const std::vector<size_t>& pictures,
                     const std::vector<std::string>& classes) {
  const at::Tensor labels = at::empty({static_cast<int64_t>(pictures.size())}, at::kByte);
  auto* label = labels.mutable_data_ptr<uint8_t>();
  for (const std::string& folder : class_folders(files, pictures)) {
    *label++ = static_cast<uint8_t>(std::ranges::lower_bound(classes, folder) - classes.begin());
  }
  return labels;
}

}  // namespace

std::string size_text(const std::pair<int64_t, int64_t>& size) {
  const auto [height, width] = size;
  return to_text(width) + "x" + to_text(height);
}

PictureSurvey survey_pictures(const FileSet& files, const TellPictures& tell) {
  PictureSurvey survey;
  std::vector<size_t> named;
  for (size_t i = 0; i < files.files().size(); ++i) {
    is_picture_name(files.files()[i].name) ? named.push_back(i) : void(++survey.others);
  }
  std::vector<PictureInfo> infos(named.size());
  const auto failures = on_all_threads(static_cast<int64_t>(named.size()), tell, [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    infos[at] = picture_info(read_picture_file(files, named[at]));
  });
  for (size_t i = 0; i < named.size(); ++i) {
    if (!failures[i].empty()) {
      survey.bad.push_back(printable(files.files()[named[i]].name) + ": " + failures[i]);
      continue;
    }
    survey.pictures.push_back(named[i]);
    survey.colored += infos[i].channels == 3;
    survey.transparent += infos[i].has_alpha;
    ++survey.sizes[{infos[i].height, infos[i].width}];
  }
  return survey;
}

std::vector<std::string> folders_of(const std::vector<std::string>& names) {
  std::vector<std::vector<std::string_view>> parts;
  for (const std::string& name : names) parts.push_back(split(name, '/'));
  for (size_t depth = 0;; ++depth) {
    std::vector<std::string> folders;
    for (const auto& part : parts) {
      if (part.size() < depth + 2) return {};
      folders.emplace_back(part[depth]);
    }
    if (folders.empty()) return {};
    const bool all_in_one =
        std::ranges::all_of(folders, [&](const std::string& one) { return one == folders.front(); });
    if (!all_in_one) return folders;
  }
}

PictureSet read_pictures(const FileSet& files, const PictureSurvey& survey, const Preparation& preparation,
                         PictureOrder order, const TellPictures& tell, const CheckShape& check, const fs::path& npy) {
  if (survey.pictures.empty() && survey.bad.empty()) {
    throw Error("no pictures (.jpg, .png, .bmp)" +
                (survey.others > 0 ? " among " + with_commas(survey.others) + " files" : std::string()));
  }
  require_few_bad(survey.bad, preparation.bad_pictures);
  std::vector<size_t> pictures = survey.pictures;
  PictureSet set{.data = {}, .bad = survey.bad};
  const Frame frame = frame_of(survey, preparation);
  if (check) {
    const std::vector<std::string> classes = classes_of(files, pictures, preparation.labels);
    check({frame.shape, std::ssize(classes), classes}, std::ssize(pictures));
  }
  while (!set.data.images.defined()) {
    if (pictures.empty()) throw Error("no picture can be used: " + first_of(set.bad));
    Decoded decoded = decode(files, in_order(pictures, order), frame, npy, tell);
    for (const auto& [index, failure] : decoded.bad) {
      set.bad.push_back(printable(files.files()[index].name) + ": " + failure);
      std::erase(pictures, index);
    }
    require_few_bad(set.bad, preparation.bad_pictures);
    set.data.images = std::move(decoded.images);
  }
  set.data.class_names = classes_of(files, pictures, preparation.labels);
  if (set.data.class_names.empty()) return set;
  set.data.labels = labels_of(files, in_order(pictures, order), set.data.class_names);
  for (std::string& name : set.data.class_names) name = printable(name);
  return set;
}

}  // namespace gan
