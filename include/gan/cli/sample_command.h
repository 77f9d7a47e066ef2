#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gan/base/choice.h"
#include "gan/images/grid.h"
#include "gan/run/model_file.h"
#include "gan/sampling/nice.h"
#include "gan/sampling/sample_files.h"

namespace gan {

/// What a command line of gan-sample asks for.
struct SampleCommand {
  std::string checkpoint;
  int64_t count = 0;  ///< 0: as many as fill the grid
  int64_t seed = 0;

  /// Parts of the latents to set: {"--label", "label", {3, 5}}.
  struct Part {
    std::string flag, name;
    std::vector<double> numbers;
  };
  std::vector<Part> parts;
  std::string out;  ///< empty: samples.png, samples/, samples.idx or samples.npy, by the format
  SampleFormat format = SampleFormat::grid;
  GridShape grid{};
  bool default_grid = false;  ///< neither the count nor the grid was given
  WeightsKind weights = WeightsKind::ema;
  std::string device = "auto";
  int64_t threads = 0;
  bool nice = false;
  int64_t nice_factor = 20;
  NiceBy nice_by = NiceBy::typical;
  std::optional<std::string> print;  ///< print only this: help, version
};

/// The g.pt at `path`: the file itself, or, for a run's folder, the one in it. Throws Error if that folder has none.
std::string generator_at(const std::string& path);

/// Throws Error with the flag, what was expected and what was got.
SampleCommand parse_sample_command(int argc, const char* const* argv);

}  // namespace gan
