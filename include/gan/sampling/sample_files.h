#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gan/base/choice.h"
#include "gan/images/grid.h"
#include "gan/sampling/sampler.h"

namespace gan {

/// One picture of all samples, a PNG for each, an IDX file or a NumPy file.
enum class SampleFormat { grid, png, idx, npy };
constexpr auto choices(SampleFormat) {
  return std::array<Choice<SampleFormat>, 4>{{{SampleFormat::grid, "grid"},
                                              {SampleFormat::png, "png"},
                                              {SampleFormat::idx, "idx"},
                                              {SampleFormat::npy, "npy"}}};
}

/// Throws Error if samples could not be written there now. Call it before drawing many samples.
void require_place_for_samples(const std::filesystem::path& out, SampleFormat format);

/// The format that a file's name implies: ".png" a grid, ".npy", ".idx" and ".idx.gz"; none for other names. Throws
/// Error for picture formats that cannot be written, such as ".jpg".
std::optional<SampleFormat> format_of_name(const std::filesystem::path& name);

/// Writes the samples of these seeds, images of `shape`, to `out`: a file, or for png a folder of files named by their
/// seeds. If `out` is a folder, the other formats go to a file "samples" in it. `draw` passes on one block at a time;
/// only a grid is held in memory. Makes missing folders, opens the file before drawing, and leaves a whole file or
/// none. Returns a line that says what it wrote. Throws Error.
std::string write_samples(const std::filesystem::path& out, SampleFormat format, GridShape grid, ImageShape shape,
                          const std::vector<int64_t>& seeds, const std::function<void(const TakeSamples&)>& draw);

}  // namespace gan
