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

/// One picture of all samples, a PNG for each, one IDX file or one NumPy file.
enum class SampleFormat { grid, png, idx, npy };
constexpr auto choices(SampleFormat) {
  return std::array<Choice<SampleFormat>, 4>{{{SampleFormat::grid, "grid"},
                                              {SampleFormat::png, "png"},
                                              {SampleFormat::idx, "idx"},
                                              {SampleFormat::npy, "npy"}}};
}

/// Throws Error if samples could not be written there now: for who draws many first.
void require_place_for_samples(const std::filesystem::path& out, SampleFormat format);

/// The format that the name of a file tells: ".png" a grid, ".npy", ".idx" and ".idx.gz"; none for other names. Throws
/// Error for those of pictures that are not written, such as ".jpg".
std::optional<SampleFormat> format_of_name(const std::filesystem::path& name);

/// Writes the samples of these seeds, images of `shape`, which `draw` hands on a block at a time, to `out`: a file, or
/// for png a folder of files named by their seeds. Only a grid is held in memory. A folder named as `out` for the other
/// formats gets a file "samples" of that format. Missing folders are made, the file is opened before anything is drawn,
/// and it is there whole or not at all. Says what it wrote, in a line or two. Throws Error.
std::string write_samples(const std::filesystem::path& out, SampleFormat format, GridShape grid, ImageShape shape,
                          const std::vector<int64_t>& seeds, const std::function<void(const TakeSamples&)>& draw);

}  // namespace gan
