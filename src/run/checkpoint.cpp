#include "gan/run/checkpoint.h"

#include <algorithm>

#include "gan/base/archive.h"
#include "gan/base/gan_file.h"
#include "gan/base/text.h"
#include "gan/networks/network.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr int64_t kSections = 3;  // the version from which on a checkpoint has sections

/// A copy of the entries of `from` that are there.
Dict taken(const Dict& from, std::initializer_list<const char*> keys) {
  Dict to;
  for (const char* key : keys) {
    if (from.contains(key)) to.set(key, from.at(key));
  }
  return to;
}

/// The moments of one network, whose parameters were named without their part.
Dict with_part(const Dict& optimizer, const std::string& part) {
  Dict named;
  for (const auto& [kind, value] : optimizer.items) {
    Dict moments;
    for (const auto& [parameter, moment] : optimizer.get<Dict>(kind).items) moments.set(part + "." + parameter, moment);
    named.set(kind, moments);
  }
  return named;
}

/// Before it had sections a checkpoint was of a plain GAN, whose players were networks.
Dict with_sections(const Dict& old) {
  Dict parts, optimizers, averages, data;
  const Dict& players = old.get<Dict>("players");
  for (const auto& [name, value] : players.items) {
    const Dict& player = players.get<Dict>(name);
    parts.set(name, player.get<Dict>("weights"));
    optimizers.set(name, with_part(player.get<Dict>("optimizer"), name));
  }
  averages.set("generator", old.get<Dict>("average"));
  data.set("image_shape", old.get<Dict>("image_shape"));
  data.set("count", old.get<int64_t>("image_count"));
  data.set("crc32", old.get<int64_t>("image_crc32"));

  Dict training = taken(old, {"step", "images_seen", "batches", "random", "latent_generator", "scalars"});
  training.set("parts", parts);
  training.set("optimizers", optimizers);
  training.set("averages", averages);

  Dict sitting = taken(old, {"seconds", "rollbacks", "metrics_bytes"});
  const double seconds = std::max(0.0, old.get<double>("seconds"));
  sitting.set("seconds_at_step", old.contains("seconds_at_step") ? old.get<double>("seconds_at_step") : seconds);
  const Dict all_shown{{{"grid", false}, {"evaluation", false}}};
  sitting.set("to_show", old.contains("to_show") ? old.get<Dict>("to_show") : all_shown);

  Dict content = taken(old, {"format", "version", "gan", "libtorch", "options", "machine"});
  content.set("data", data);
  content.set("training", training);
  content.set("judging", taken(old, {"best", "watchdog"}));
  content.set("sitting", sitting);
  return content;
}

}  // namespace

double Checkpoint::seconds_at_step() const {
  return section("sitting").get<double>("seconds_at_step");
}

Budget Checkpoint::budget() const {
  int64_t numbers = 0;
  const Dict& parts = section("training").get<Dict>("parts");
  for (const auto& [part, state] : parts.items) numbers += count_numbers(parts.get<Dict>(part));
  return Budget::of_file(numbers, path.string());
}

Dict upgraded(Dict content) {
  return content.get<int64_t>("version") < kSections ? with_sections(content) : content;
}

std::optional<Checkpoint> newest_checkpoint(const RunFolder& folder, int64_t last) {
  Checkpoint found;
  for (const auto& path : folder.checkpoints_to_go_back_to(last)) {
    try {
      found.content = read_archive(path);
    } catch (const Error& error) {
      found.damaged.push_back({path, error.what()});
      continue;
    }
    with_context(path.string(), [&] {
      require_gan_file(found.content, GanFile::checkpoint);
      found.content = upgraded(std::move(found.content));
      found.options = options_from_dict(found.section("options"));
    });
    const int64_t step = found.step();
    if (folder.checkpoint(step).filename() != path.filename()) {
      found.damaged.push_back({path, Error(path.string() + ": holds step " + to_text(step)).what()});
      continue;
    }
    found.path = path;
    return found;
  }
  if (found.damaged.empty()) return std::nullopt;
  std::string all;
  for (const auto& damaged : found.damaged) all += (all.empty() ? "" : "; ") + damaged.what;
  throw Error("no checkpoint is whole: " + all);
}

LeftToShow left_to_show(const Dict& sitting) {
  const Dict& left = sitting.get<Dict>("to_show");
  return {.grid = left.get<bool>("grid"), .evaluation = left.get<bool>("evaluation")};
}

bool is_done(const RunFolder& folder, const Checkpoint& newest, const Options& options) {
  if (!is_over(options, newest.images(), newest.step(), newest.seconds_at_step())) return false;
  if (const LeftToShow left = left_to_show(newest.section("sitting")); left.grid || left.evaluation) return false;
  try {
    return read_gan_file(folder.generator(), GanFile::generator).get<int64_t>("step") == newest.step();
  } catch (const Error&) {  // a resume writes it
    return false;
  }
}

void rename_damaged(const std::vector<DamagedCheckpoint>& damaged) {
  for (const auto& checkpoint : damaged) {
    fs::path name = checkpoint.path.string() + ".damaged";
    for (int more = 2; fs::exists(fs::symlink_status(name)); ++more) {
      name = checkpoint.path.string() + ".damaged-" + to_text(int64_t{more});
    }
    std::error_code error;
    fs::rename(checkpoint.path, name, error);
    if (error) throw Error(checkpoint.path.string() + ": cannot rename: " + error.message());
  }
}

}  // namespace gan
