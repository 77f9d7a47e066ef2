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

/// One picture of all samples, a PNG for each, an IDX file, a NumPy file, or an animation (images/animation.h) of which
/// each sample is a frame.
enum class SampleFormat { grid, png, idx, npy, gif, apng };
constexpr auto choices(SampleFormat) {
  return std::array<Choice<SampleFormat>, 6>{{{SampleFormat::grid, "grid"},
                                              {SampleFormat::png, "png"},
                                              {SampleFormat::idx, "idx"},
                                              {SampleFormat::npy, "npy"},
                                              {SampleFormat::gif, "gif"},
                                              {SampleFormat::apng, "apng"}}};
}
constexpr bool is_animation(SampleFormat format) {
  return format == SampleFormat::gif || format == SampleFormat::apng;
}

/// How the names of such files end: ".png" also for an animated one, which programs know better than ".apng".
std::string ending_of(SampleFormat format);

/// The file that samples go to: `out`, or a file in it if it is a folder; for png that folder's file of that name.
std::filesystem::path sample_file(const std::filesystem::path& out, SampleFormat format,
                                  const std::string& name = "sample");

/// Throws Error if a file of that format could not be written there now, or would replace a file of another kind, or
/// images under MNIST's names, which may be the only ones. Call it before drawing many samples.
void require_place_for_samples(const std::filesystem::path& file, SampleFormat format);

/// The format that a file's name implies: ".png" a grid, ".npy", ".gif", ".apng", ".idx" and ".idx.gz"; none for other
/// names. Throws Error for picture formats that cannot be written, such as ".jpg".
std::optional<SampleFormat> format_of_name(const std::filesystem::path& name);

/// Samples to write.
struct SampleSource {
  int64_t count = 0;
  ImageShape shape;
  std::function<std::string(int64_t index)> name;     ///< of a sample's own PNG, without ".png"
  std::function<void(const TakeSamples& take)> draw;  ///< passes on one block at a time
  GridShape frame = {1, 1};                           ///< the samples that a frame of an animation shows side by side
  at::Tensor originals;  ///< uint8 [N, C, H, W]: a grid shows each above its sample; undefined if there are none
};

/// Writes samples to `out`: a file, or for png a folder of files. If `out` is a folder, the other formats go to a file
/// "samples" in it. Only a grid and an animation are held in memory; of an animation each pixel becomes a square, so
/// that a sample alone has 112 pixels or more, and in a grid 56. Makes missing folders, opens the file before drawing,
/// and leaves a whole file or none. Throws Error.
void write_samples(const std::filesystem::path& out, SampleFormat format, GridShape grid, const SampleSource& samples);

/// Where the labels of samples in an IDX file go: "a-labels.idx" beside "a.idx"; beside "train-images-idx3-ubyte" it is
/// "train-labels-idx1-ubyte", so that a folder of both is data to train on.
std::filesystem::path labels_file(const std::filesystem::path& out);

/// "seed 5", "seeds 0 to 63", or all of them if they are not consecutive.
std::string seeds_text(const std::vector<int64_t>& seeds);

}  // namespace gan
