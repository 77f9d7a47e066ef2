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

/// Where a file goes: `out`, or in it if it is a folder.
fs::path file_for(const fs::path& out, const char* extension) {
  std::error_code none;
  const bool folder = !out.has_filename() || fs::is_directory(out, none);
  const fs::path file = folder ? out / (std::string("samples.") + extension) : out;
  with_context("--out", [&] { make_folder(file.parent_path()); });
  return file;
}

}  // namespace

std::string write_samples(const fs::path& out, SampleFormat format, GridShape grid, const at::Tensor& images,
                          const std::vector<int64_t>& seeds) {
  fs::path written = out;
  switch (format) {
    case SampleFormat::grid:
      write_png(written = file_for(out, "png"), make_grid(images, grid));
      break;
    case SampleFormat::idx:
      write_idx(written = file_for(out, "idx"), images);
      break;
    case SampleFormat::npy:
      write_npy(written = file_for(out, "npy"), images);
      break;
    case SampleFormat::png:
      with_context("--out", [&] { make_folder(out); });
      for (int64_t i = 0; i < images.size(0); ++i) {
        write_png(out / ("seed-" + to_text(seeds[static_cast<size_t>(i)]) + ".png"), images[i]);
      }
  }
  const auto count = static_cast<int64_t>(seeds.size());
  return written.string() + ": " + to_text(count) + (count == 1 ? " sample, " : " samples, ") + seeds_text(seeds);
}

}  // namespace gan
