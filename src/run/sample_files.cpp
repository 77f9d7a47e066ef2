#include "gan/run/sample_files.h"

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/png.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// "seed 5", "seeds 0 to 63", or all of them where they are not in a row.
std::string seeds_text(const std::vector<int64_t>& seeds) {
  constexpr size_t kMostShown = 100;
  const auto count = static_cast<int64_t>(seeds.size());
  if (count == 1) return "seed " + to_text(seeds.front());
  if (seeds.back() - seeds.front() == count - 1 && std::is_sorted(seeds.begin(), seeds.end())) {
    return "seeds " + to_text(seeds.front()) + " to " + to_text(seeds.back());
  }
  std::string text = "seeds";
  for (size_t i = 0; i < std::min(seeds.size(), kMostShown); ++i) text += " " + to_text(seeds[i]);
  return seeds.size() > kMostShown ? text + " ..." : text;
}

/// Where a file of that format goes: `out`, or in it if it is a folder; of png, a file for each seed in it.
fs::path file_for(const fs::path& out, SampleFormat format, int64_t seed = 0) {
  std::error_code none;
  if (format == SampleFormat::png) return out / ("seed-" + to_text(seed) + ".png");
  const bool folder = !out.has_filename() || fs::is_directory(out, none);
  return folder ? out / ("samples." + (format == SampleFormat::grid ? "png" : to_text(format))) : out;
}

}  // namespace

void require_place_for_samples(const fs::path& out, SampleFormat format) {
  with_context("--out", [&] { require_writable(file_for(out, format)); });
}

std::string write_samples(const fs::path& out, SampleFormat format, GridShape grid, const at::Tensor& images,
                          const std::vector<int64_t>& seeds) {
  const fs::path file = file_for(out, format, seeds.front());
  with_context("--out", [&] { make_folder(file.parent_path()); });
  switch (format) {
    case SampleFormat::grid:
      write_png(file, make_grid(images, grid));
      break;
    case SampleFormat::idx:
      write_idx(file, images);
      break;
    case SampleFormat::npy:
      write_npy(file, images);
      break;
    case SampleFormat::png:
      for (int64_t i = 0; i < images.size(0); ++i) {
        write_png(file_for(out, format, seeds[static_cast<size_t>(i)]), images[i]);
      }
  }
  const auto count = static_cast<int64_t>(seeds.size());
  const fs::path written = format == SampleFormat::png ? out : file;
  return written.string() + ": " + to_text(count) + (count == 1 ? " sample, " : " samples, ") + seeds_text(seeds);
}

}  // namespace gan
