#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gan/base/choice.h"
#include "gan/images/grid.h"

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

/// Writes images, uint8 [N, C, H, W], to `out`: a file, or for png a folder of files named by their seeds. A folder
/// named as `out` for the other formats gets a file "samples" of that format. Missing folders are made. Says what it
/// wrote, in a line or two. Throws Error.
std::string write_samples(const std::filesystem::path& out, SampleFormat format, GridShape grid,
                          const at::Tensor& images, const std::vector<int64_t>& seeds);

}  // namespace gan
