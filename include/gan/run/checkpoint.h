#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "gan/base/value.h"
#include "gan/networks/build.h"
#include "gan/run/folder.h"
#include "gan/training/options.h"

namespace gan {

/// A checkpoint that cannot be used, and why: "PATH: reason".
struct DamagedCheckpoint {
  std::filesystem::path path;
  std::string what;
};

/// A run's checkpoint, read.
struct Checkpoint {
  std::filesystem::path path;
  Options options;
  Dict content;
  std::vector<DamagedCheckpoint> damaged;  ///< newer ones, which were passed over
};

/// The newest checkpoint of the run that is not damaged (cut off, its checksums do not hold, or its name is not that of
/// its step); none if the run has none. With `last` the one to go back to that step with. Throws Error if all are
/// damaged, and if the one that is whole cannot be used: from a newer version of this program, or no checkpoint of
/// ours.
std::optional<Checkpoint> newest_checkpoint(const RunFolder& folder,
                                            int64_t last = std::numeric_limits<int64_t>::max());

/// Seconds of training up to the step of a checkpoint, which may have been written later. Throws Error.
double seconds_at_step(const Dict& checkpoint);

/// What of a checkpoint's step was still to be made when it was written; nothing if an older version wrote it, after
/// all else. Throws Error.
struct LeftToShow {
  bool grid = false, evaluation = false;
};
LeftToShow left_to_show(const Dict& checkpoint);

/// Whether nothing is left to do of the run in that folder, whose newest checkpoint this is, under these options: it is
/// at its end, all of its last step was judged and drawn, and g.pt is of that step.
bool is_done(const RunFolder& folder, const Checkpoint& newest, const Options& options);

/// Renames them to PATH.damaged (PATH.damaged-2 and so on where that is there), so that they no longer count among the
/// run's checkpoints. Throws Error.
void set_aside(const std::vector<DamagedCheckpoint>& damaged);

/// `g.pt`: all that drawing samples needs.
struct TrainedGenerator {
  Options options;
  ImageShape images;
  int64_t step = 0;
  Network averaged, raw, discriminator;  ///< averaged is a network of its own, equal to raw in a run without --ema

  LatentGenerator latent_generator = LatentGenerator::philox;

  LatentSource latents() const { return {options.game.noise, options.network.latent_size, latent_generator}; }
};

/// The dictionary {"options", "image_shape", "step", "latent_generator", "sha256", "generator" (averaged),
/// "generator_raw", "discriminator"}, the networks each as a state_dict.
void write_generator(const std::filesystem::path& path, const TrainedGenerator& trained);

/// The networks come on the CPU. Throws Error.
TrainedGenerator read_generator(const std::filesystem::path& path);
TrainedGenerator generator_from_dict(const Dict& file);

/// What a checkpoint or g.pt says makes latents of seeds; mt19937 if it is from a program that knew no other. Throws
/// Error.
LatentGenerator latent_generator_of(const Dict& file);

}  // namespace gan
