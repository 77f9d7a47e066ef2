#include "gan/sampling/sample_files.h"

#include <algorithm>
#include <string_view>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/png.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// "seed 5", "seeds 0 to 63", or all of them if they are not consecutive.
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

/// The file of that format: `out`, or a file in it if it is a folder; for png the seed's file in that folder.
fs::path file_for(const fs::path& out, SampleFormat format, int64_t seed = 0) {
  std::error_code none;
  if (format == SampleFormat::png) return out / ("seed-" + to_text(seed) + ".png");
  const bool folder = !out.has_filename() || fs::is_directory(out, none);
  return folder ? out / ("samples." + (format == SampleFormat::grid ? "png" : to_text(format))) : out;
}

/// All samples: uint8 [N, C, H, W].
at::Tensor collect(const std::vector<int64_t>& sizes, const std::function<void(const TakeSamples&)>& draw) {
  const at::Tensor all = at::empty(sizes, at::kByte);
  draw([&](int64_t begin, const at::Tensor& images) { all.narrow(0, begin, images.size(0)).copy_(images); });
  return all;
}

template <class Writer>
void write_array(Writer&& file, const std::function<void(const TakeSamples&)>& draw) {
  draw([&](int64_t, const at::Tensor& images) { file.append(images); });
  file.finish();
}

/// How a file of that format begins; an IDX file may be gzipped.
std::vector<std::string_view> beginnings(SampleFormat format) {
  using namespace std::string_view_literals;
  switch (format) {
    case SampleFormat::grid:
    case SampleFormat::png:
      return {"\x89PNG"sv};
    case SampleFormat::npy:
      return {"\x93NUMPY"sv};
    case SampleFormat::idx:
      return {"\0\0"sv, "\x1f\x8b"sv};
  }
  TORCH_CHECK(false, "beginnings: unknown format");
}

/// Only earlier samples are replaced: another file may be a run's own.
void require_samples_or_nothing(const fs::path& file, SampleFormat format) {
  std::error_code none;
  if (!fs::is_regular_file(file, none) || fs::file_size(file, none) == 0) return;
  const std::string start = read_beginning(file, kKindBytes);
  const auto starts_with = [&](std::string_view bytes) { return start.starts_with(bytes); };
  if (std::ranges::any_of(beginnings(format), starts_with)) return;
  const std::string what = file_kind(start, file).what;
  throw Error(file.string() + ": is " + (what.empty() ? "a file of another kind" : what) + ", which is not replaced",
              "name another file");
}

}  // namespace

void require_place_for_samples(const fs::path& out, SampleFormat format) {
  const fs::path file = file_for(out, format);
  with_context("--out", [&] {
    require_writable(file);
    require_samples_or_nothing(file, format);
  });
}

std::optional<SampleFormat> format_of_name(const fs::path& name) {
  const std::string extension = name_ending(name);
  if (extension == ".gz")
    return format_of_name(name.stem()) == SampleFormat::idx ? std::optional(SampleFormat::idx) : std::nullopt;
  if (extension == ".png") return SampleFormat::grid;
  if (extension == ".npy") return SampleFormat::npy;
  if (extension == ".idx") return SampleFormat::idx;
  for (const char* other : {".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".npz"}) {
    if (extension == other)
      throw Error(name.string() + ": this format cannot be written", "use .png, .npy, .idx or .idx.gz");
  }
  return std::nullopt;
}

std::string write_samples(const fs::path& out, SampleFormat format, GridShape grid, ImageShape shape,
                          const std::vector<int64_t>& seeds, const std::function<void(const TakeSamples&)>& draw) {
  const auto count = static_cast<int64_t>(seeds.size());
  const std::vector<int64_t> sizes{count, shape.channels, shape.height, shape.width};
  const fs::path file = file_for(out, format, seeds.front());
  with_context("--out", [&] { make_folder(file.parent_path()); });
  switch (format) {
    case SampleFormat::grid:
      write_png(file, make_grid(collect(sizes, draw), grid));
      break;
    case SampleFormat::idx:
      write_array(IdxWriter(file, sizes), draw);
      break;
    case SampleFormat::npy:
      write_array(NpyWriter(file, sizes), draw);
      break;
    case SampleFormat::png:
      draw([&](int64_t begin, const at::Tensor& images) {
        for (int64_t i = 0; i < images.size(0); ++i) {
          write_png(file_for(out, format, seeds[static_cast<size_t>(begin + i)]), images[i]);
        }
      });
  }
  const fs::path written = format == SampleFormat::png ? out : file;
  return written.string() + ": " + to_text(count) + (count == 1 ? " sample, " : " samples, ") + seeds_text(seeds);
}

}  // namespace gan
