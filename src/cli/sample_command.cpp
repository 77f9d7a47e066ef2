#include "gan/cli/sample_command.h"

#include <filesystem>

#include "app.h"
#include "gan/base/text.h"
#include "gan/training/options.h"
#include "help.h"

namespace gan {

namespace {

const Help kHelp{
    .examples = {{"gan-sample runs/00000-dcgan", "Draw a grid of 64 samples of that run: samples.png"},
                 {"gan-sample runs/00000-dcgan --nice --grid 4x16 --out nice.png",
                  "Draw only typical samples of every class"},
                 {"gan-sample g.pt --count 10000 --out samples.npy", "Draw many samples as a NumPy array"}},
    .common = {}};

constexpr int64_t kMostSamples = 10'000'000;
constexpr int64_t kMostInGrid = 10'000;
constexpr int64_t kMostCandidates = 100'000'000;

/// The format of --format, or the one that --out's name implies. Throws Error if they contradict each other.
SampleFormat format_of(const SampleCommand& command, bool given) {
  if (command.out == "-") throw Error("--out -: samples are not written to the standard output", "name a file");
  std::error_code none;
  if (std::filesystem::is_directory(command.out, none)) return command.format;
  const auto named = with_context("--out", [&] { return format_of_name(command.out); });
  if (!named || !given || *named == command.format) return given ? command.format : named.value_or(command.format);
  throw Error("--out " + command.out + ": --format " + to_text(command.format) +
                  (command.format == SampleFormat::png ? " writes a folder of PNGs" : " writes another kind of file"),
              "leave --format out, or name another place");
}

void add_flags(CLI::App& app, SampleCommand& command) {
  app.add_option("--checkpoint,checkpoint", command.checkpoint, "A run's g.pt, or its folder; the flag may be left out")
      ->group("Samples")
      ->type_name("PATH");
  add_field(app, "count", "Samples", "Number of samples; by default as many as fill the grid, else 64", command.count,
            "");
  add_field(app, "seed", "Samples", "Seed of the first sample; each further sample has the next seed", command.seed,
            to_text(command.seed));
  add_field(app, "format", "Samples",
            "A picture of all, a PNG each, an IDX file or a NumPy file; by default as --out is named", command.format,
            to_text(command.format));
  app.add_option("--out", command.out, "File (or folder, for png); by default samples.png, samples/, ...")
      ->group("Samples")
      ->type_name("PATH");
  add_field(app, "grid", "Samples", "Rows x columns of the grid; by default square", command.grid, "");
  add_field(app, "weights", "Samples", "Moving average of the weights, or the last weights", command.weights,
            to_text(command.weights));
  app.add_flag("--nice", command.nice, "Draw many more and keep typical ones of every class")->group("Samples");
  add_field(app, "nice-factor", "Samples", "How many times as many to draw", command.nice_factor,
            to_text(command.nice_factor));
  add_field(app, "nice-by", "Samples", "Keep typical samples of every class, or rank by D's logit, which loses classes",
            command.nice_by, to_text(command.nice_by));
  add_field(app, "device", "Samples", "auto, cpu, cuda or cuda:N", command.device, command.device);
  add_field(app, "threads", "Samples", "CPU threads; 0: as many as there are CPUs", command.threads,
            to_text(command.threads));
}

/// "3,5" as numbers.
std::vector<double> numbers_in(const std::string& flag, std::string_view text) {
  std::vector<double> numbers;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    double number = 0;
    if (!parse_text(text.substr(at, end - at), number)) {
      throw Error(flag + ": expected numbers with commas between them, got '" + std::string(text) + "'");
    }
    numbers.push_back(number);
    at = end + 1;
  }
  return numbers;
}

void add_parts(const std::string& label, const std::vector<std::string>& codes, SampleCommand& command) {
  if (!label.empty()) command.parts.push_back({"--label", "label", numbers_in("--label", label)});
  for (const std::string& code : codes) {
    const size_t equals = code.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error("--code: expected NAME=NUMBERS, got '" + code + "'", "--code category=3");
    }
    const std::string name = code.substr(0, equals), flag = "--code " + name;
    command.parts.push_back({flag, name, numbers_in(flag, std::string_view(code).substr(equals + 1))});
  }
}

/// Throws Error for a count, grid or format out of range and for values that contradict each other.
void require_sense(const SampleCommand& command) {
  require_range("--count", command.count, 0, kMostSamples);
  require_range("--seed", command.seed, 0, int64_t{1} << 62);
  require_range("--nice-factor", command.nice_factor, 1, 10000);
  require_range("--threads", command.threads, 0, 1024);
  if (command.count > command.grid.count()) {
    throw Error("--grid " + to_text(command.grid) + " has " + to_text(command.grid.count()) + " places for --count " +
                to_text(command.count));
  }
  if (command.format == SampleFormat::grid && command.count > kMostInGrid) {
    throw Error("--count: expected at most " + to_text(kMostInGrid) + " in a grid, got " + to_text(command.count),
                "--format idx or npy holds more");
  }
  if (command.nice && command.count * command.nice_factor > kMostCandidates) {
    throw Error("--count times --nice-factor: expected at most " + to_text(kMostCandidates) + ", got " +
                to_text(command.count * command.nice_factor));
  }
  std::error_code none;
  if (std::filesystem::equivalent(command.out, command.checkpoint, none)) {
    throw Error("--out: " + command.out + " is the checkpoint itself");
  }
}

std::string default_out(SampleFormat format) {
  if (format == SampleFormat::grid) return "samples.png";
  return format == SampleFormat::png ? "samples" : "samples." + to_text(format);
}

}  // namespace

std::string generator_at(const std::string& path) {
  std::error_code none;
  if (!std::filesystem::is_directory(path, none)) return path;
  const std::filesystem::path file = std::filesystem::path(path) / "g.pt";
  if (!std::filesystem::exists(file, none)) {
    throw Error("--checkpoint: expected a file, got a folder: " + path + ", and no run's, since it has no g.pt");
  }
  return file.string();
}

SampleCommand parse_sample_command(int argc, const char* const* argv) {
  SampleCommand command;
  CLI::App app{"Draws samples from a generator that gan-train made.", "gan-sample"};
  add_help(app, kHelp);
  add_flags(app, command);
  std::string label;
  std::vector<std::string> codes;
  app.add_option("--label", label, "Class of the samples, or several that take turns: 3, or 0,1,2 (cgan)")
      ->group("Latents")
      ->type_name("CLASSES");
  app.add_option("--code", codes, "Set a part of the latents: category=3, or code=-1,0.5 (infogan)")
      ->group("Latents")
      ->type_name("NAME=NUMBERS");
  const std::string text = parse(app, argc, argv);
  if (!text.empty()) return {.print = text};
  add_parts(label, codes, command);
  require_path("--checkpoint", command.checkpoint);
  require_path("--out", command.out);
  if (command.checkpoint.empty()) {
    throw Error("--checkpoint: expected a run's g.pt, got nothing",
                "gan-sample runs/00000-dcgan draws 64 samples of that run; --help lists the flags");
  }
  command.checkpoint = generator_at(command.checkpoint);
  command.format = format_of(command, app.count("--format") > 0);
  for (const std::string flag : {"--nice-factor", "--nice-by"}) {
    if (app.count(flag) > 0 && !command.nice) throw Error(flag + ": only --nice reads it");
  }
  const bool grid_given = command.grid.count() > 0;
  if (grid_given && command.format != SampleFormat::grid) throw Error("--grid: only --format grid reads it");
  command.default_grid = !grid_given && command.count == 0 && command.format == SampleFormat::grid;
  if (command.count == 0) command.count = grid_given ? command.grid.count() : 64;
  if (!grid_given && command.count > 0) command.grid = square_grid(command.count);
  require_sense(command);
  if (command.out.empty()) command.out = default_out(command.format);
  return command;
}

}  // namespace gan
