#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gan/base/choice.h"
#include "gan/images/grid.h"
#include "gan/run/model_file.h"
#include "gan/sampling/nice.h"
#include "gan/sampling/queries.h"
#include "gan/sampling/sample_files.h"

namespace gan {

/// What a trained model is asked for.
enum class Query { samples, interpolate, arithmetic, traverse, encode, reconstruct, project, film, explore };

/// What a command line of gan-sample asks for.
struct SampleCommand {
  std::string checkpoint;
  Query query = Query::samples;
  int64_t count = 0;  ///< 0: as many as there are, or as fill the grid
  int64_t seed = 0;

  /// Parts of the latents to set: {"--label", "label", {"3", "cats"}}; the model knows the names of its classes.
  struct Part {
    std::string flag, name;
    std::vector<std::string> values;
  };
  std::vector<Part> parts;
  std::optional<double> truncation;
  std::string latents;  ///< a file whose rows take the place of seeds; empty: seeds

  std::vector<int64_t> rows;    ///< interpolate, arithmetic: the seeds, or the rows of the file
  std::vector<double> weights;  ///< arithmetic: 1 or -1 for each of them
  int64_t frames = 60;          ///< interpolate, traverse as an animation; film: at most
  Traverse traverse;
  std::string run;     ///< film: its folder
  std::string images;  ///< encode, reconstruct, project: where they are

  std::string out;          ///< empty: samples.png, samples/, samples.idx, ... by the format
  std::string latents_out;  ///< empty: they are not written
  SampleFormat format = SampleFormat::grid;
  GridShape grid{};  ///< 0x0: not given
  WeightsKind weights_kind = WeightsKind::ema;
  std::string device = "auto";
  int64_t threads = 0;
  bool nice = false;
  int64_t nice_factor = 20;
  NiceBy nice_by = NiceBy::typical;
  std::optional<std::string> print;  ///< print only this: help, version
};

/// The g.pt at `path`: the file itself, or, for a run's folder, the one in it. Throws Error if that folder has none.
std::string generator_at(const std::string& path);

/// Throws Error if a picture is to hold more samples than one should.
void require_in_picture(const SampleCommand& command, int64_t count);

/// Throws Error with the flag, what was expected and what was got.
SampleCommand parse_sample_command(int argc, const char* const* argv);

}  // namespace gan
