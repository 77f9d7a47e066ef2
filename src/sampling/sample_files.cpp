#include "gan/sampling/sample_files.h"

#include <algorithm>
#include <string_view>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/animation.h"
#include "gan/images/png.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

std::vector<int64_t> sizes_of(const SampleSource& samples) {
  return {samples.count, samples.shape.channels, samples.shape.height, samples.shape.width};
}

/// All samples: uint8 [N, C, H, W].
at::Tensor collect(const SampleSource& samples) {
  const at::Tensor all = at::empty(sizes_of(samples), at::kByte);
  samples.draw([&](const Samples& some) { all.narrow(0, some.begin, some.images.size(0)).copy_(some.images); });
  return all;
}

Grid grid_of(const SampleSource& samples, GridShape shape) {
  const at::Tensor all = collect(samples);
  return samples.originals.defined() ? pairs_grid(samples.originals, all, shape.columns) : Grid{all, shape};
}

template <class Writer>
void write_array(Writer&& file, const SampleSource& samples) {
  samples.draw([&](const Samples& some) { file.append(some.images); });
  file.finish();
}

/// The frames of an animation, with squares for pixels, large enough to look at.
at::Tensor frames_of(const SampleSource& samples) {
  const int64_t in_frame = samples.frame.count(), side = in_frame == 1 ? 112 : 56;  // pixels
  at::Tensor frames = collect(samples);
  const int64_t square = (side - 1) / std::max(frames.size(2), frames.size(3)) + 1;
  if (in_frame > 1) {
    std::vector<at::Tensor> grids;
    for (const at::Tensor& images : frames.split(in_frame)) grids.push_back(make_grid({images, samples.frame}));
    frames = at::stack(grids);
  }
  return frames.repeat_interleave(square, 2).repeat_interleave(square, 3);
}

/// How a file of that format begins; an IDX file may be gzipped.
std::vector<std::string_view> beginnings(SampleFormat format) {
  using namespace std::string_view_literals;
  switch (format) {
    case SampleFormat::grid:
    case SampleFormat::png:
    case SampleFormat::apng:
      return {"\x89PNG"sv};
    case SampleFormat::gif:
      return {"GIF8"sv};
    case SampleFormat::npy:
      return {"\x93NUMPY"sv};
    case SampleFormat::idx:
      return {"\0\0"sv, "\x1f\x8b"sv};
  }
  TORCH_CHECK(false, "beginnings: unknown format");
}

/// Where MNIST's word for images stands in a file's name: "train-images-idx3-ubyte".
std::optional<size_t> place_in_mnist_name(const fs::path& file) {
  const std::string name = file.filename().string();
  for (const char* word : {"images-idx3", "images.idx3", "images-idx4", "images.idx4"}) {
    if (const size_t at = name.find(word); at != std::string::npos) return at;
  }
  return std::nullopt;
}

/// Only earlier samples are replaced: another file may be a run's own.
void require_samples_or_nothing(const fs::path& file, SampleFormat format) {
  std::error_code none;
  if (!fs::is_regular_file(file, none) || fs::file_size(file, none) == 0) return;
  if (format == SampleFormat::idx && place_in_mnist_name(file)) {
    throw Error(file.string() + ": may be the images of a data set, which are not replaced", "name another file");
  }
  const std::string start = read_beginning(file, kKindBytes);
  const auto starts_with = [&](std::string_view bytes) { return start.starts_with(bytes); };
  if (std::ranges::any_of(beginnings(format), starts_with)) return;
  const std::string what = file_kind(start, file).what;
  throw Error(file.string() + ": is " + (what.empty() ? "a file of another kind" : what) + ", which is not replaced",
              "name another file");
}

}  // namespace

std::string ending_of(SampleFormat format) {
  return format == SampleFormat::grid || format == SampleFormat::apng ? ".png" : "." + to_text(format);
}

fs::path sample_file(const fs::path& out, SampleFormat format, const std::string& name) {
  std::error_code none;
  if (format == SampleFormat::png) return out / (name + ".png");
  const bool folder = !out.has_filename() || fs::is_directory(out, none);
  return folder ? out / ("samples" + ending_of(format)) : out;
}

void require_place_for_samples(const fs::path& file, SampleFormat format) {
  require_writable(file);
  require_samples_or_nothing(file, format);
}

std::optional<SampleFormat> format_of_name(const fs::path& name) {
  const std::string extension = name_ending(name);
  if (extension == ".gz")
    return format_of_name(name.stem()) == SampleFormat::idx ? std::optional(SampleFormat::idx) : std::nullopt;
  if (extension == ".png") return SampleFormat::grid;
  if (extension == ".npy") return SampleFormat::npy;
  if (extension == ".idx") return SampleFormat::idx;
  if (extension == ".gif") return SampleFormat::gif;
  if (extension == ".apng") return SampleFormat::apng;
  for (const char* other :
       {".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".npz", ".mp4", ".webm", ".avi", ".mov", ".html"}) {
    if (extension == other)
      throw Error(name.string() + ": this format cannot be written", "use .png, .gif, .apng, .npy, .idx or .idx.gz");
  }
  return std::nullopt;
}

void write_samples(const fs::path& out, SampleFormat format, GridShape grid, const SampleSource& samples) {
  constexpr int64_t kMilliseconds = 50;  // a frame
  const fs::path file = sample_file(out, format);
  with_context("--out", [&] { make_folder(file.parent_path()); });
  switch (format) {
    case SampleFormat::grid:
      write_png(file, make_grid(grid_of(samples, grid)));
      break;
    case SampleFormat::idx:
      write_array(IdxWriter(file, sizes_of(samples)), samples);
      break;
    case SampleFormat::npy:
      write_array(NpyWriter(file, sizes_of(samples)), samples);
      break;
    case SampleFormat::gif:
      write_gif(file, frames_of(samples), kMilliseconds);
      break;
    case SampleFormat::apng:
      write_apng(file, frames_of(samples), kMilliseconds);
      break;
    case SampleFormat::png:
      samples.draw([&](const Samples& some) {
        for (int64_t i = 0; i < some.images.size(0); ++i) {
          write_png(sample_file(out, format, samples.name(some.begin + i)), some.images[i]);
        }
      });
  }
}

fs::path labels_file(const fs::path& out) {
  const fs::path file = sample_file(out, SampleFormat::idx);
  std::string name = file.filename().string();
  if (const auto at = place_in_mnist_name(file)) {
    constexpr size_t kWord = 11, kSeparator = 6;  // "images-idx3"
    return file.parent_path() / name.replace(*at, kWord, std::string("labels") + name[*at + kSeparator] + "idx1");
  }
  return file.parent_path() / name.insert(std::min(name.find(".idx"), name.size()), "-labels");
}

std::string seeds_text(const std::vector<int64_t>& seeds) {
  constexpr size_t kMostShown = 10'000;
  const auto count = static_cast<int64_t>(seeds.size());
  if (count == 1) return "seed " + to_text(seeds.front());
  if (seeds.back() - seeds.front() == count - 1 && std::is_sorted(seeds.begin(), seeds.end())) {
    return "seeds " + to_text(seeds.front()) + " to " + to_text(seeds.back());
  }
  std::string text = "seeds";
  for (size_t i = 0; i < std::min(seeds.size(), kMostShown); ++i) text += " " + to_text(seeds[i]);
  return seeds.size() > kMostShown ? text + " ..." : text;
}

}  // namespace gan
