#include "gan/cli/sample_command.h"

#include <filesystem>
#include <set>

#include "app.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/training/options.h"
#include "help.h"

namespace gan {

namespace {

const Help kHelp{
    .examples = {{"gan-sample runs/00000-dcgan", "Draw a grid of 64 samples of that run: samples.png"},
                 {"gan-sample runs/00000-dcgan --nice --count 1000 --out nice.npy",
                  "Draw only typical samples of every class, as a NumPy array"},
                 {"gan-sample g.pt --interpolate 5,9,12", "Show what lies between three samples, as an animation"}},
    .common = {}};

constexpr int64_t kMostSamples = 10'000'000;
constexpr int64_t kMostInGrid = 10'000;
constexpr int64_t kMostCandidates = 100'000'000;

/// The format of --format, or the one that --out's name implies; a walk is an animation unless a grid is asked for.
/// Throws Error if they contradict each other.
SampleFormat format_of(const SampleCommand& command, bool given) {
  if (command.out == "-") throw Error("--out -: samples are not written to the standard output", "name a file");
  const bool moves = command.query == Query::interpolate || command.query == Query::film;
  const SampleFormat otherwise = moves ? SampleFormat::apng : command.format;
  std::error_code none;
  if (std::filesystem::is_directory(command.out, none)) return given ? command.format : otherwise;
  auto named = with_context("--out", [&] { return format_of_name(command.out); });
  const bool as_apng = given ? command.format == SampleFormat::apng : moves;
  if (named == SampleFormat::grid && as_apng) named = SampleFormat::apng;
  if (!named || !given || *named == command.format) return given ? command.format : named.value_or(otherwise);
  throw Error("--out " + command.out + ": --format " + to_text(command.format) +
                  (command.format == SampleFormat::png ? " writes a folder of PNGs" : " writes another kind of file"),
              "leave --format out, or name another place");
}

void add_flags(CLI::App& app, SampleCommand& command) {
  app.add_option("--checkpoint,checkpoint", command.checkpoint, "A run's g.pt, or its folder; the flag may be left out")
      ->group("Samples")
      ->type_name("PATH");
  add_field(
      app, "count", "Samples",
      "Number of samples; by default as many as fill the grid, else 64, or as many as there are images or latents",
      command.count, "");
  add_field(app, "seed", "Samples", "Seed of the first sample; each further sample has the next seed", command.seed,
            to_text(command.seed));
  add_field(
      app, "format", "Samples",
      "A picture of all, a PNG each, an IDX or NumPy file, or an animation (gif, apng); by default as --out is named",
      command.format, to_text(command.format));
  app.add_option("--out", command.out, "File (or folder, for png); by default samples.png, samples/, ...")
      ->group("Samples")
      ->type_name("PATH");
  add_field(app, "grid", "Samples", "Rows x columns of the grid; by default square", command.grid, "");
  add_field(app, "weights", "Samples", "Moving average of the weights, or the last weights", command.weights_kind,
            to_text(command.weights_kind));
  app.add_flag("--nice", command.nice, "Draw many more and keep typical ones of every class")->group("Samples");
  add_field(app, "nice-factor", "Samples", "How many times as many to draw", command.nice_factor,
            to_text(command.nice_factor));
  add_field(app, "nice-by", "Samples", "Keep typical samples of every class, or rank by D's logit, which loses classes",
            command.nice_by, to_text(command.nice_by));
  add_field(app, "device", "Samples", "auto, cpu, cuda or cuda:N", command.device, command.device);
  add_field(app, "threads", "Samples", "CPU threads; 0: as many as there are CPUs", command.threads,
            to_text(command.threads));
}

/// "3,cats" as its values.
std::vector<std::string> values_in(const std::string& flag, std::string_view text) {
  std::vector<std::string> values;
  for (const std::string_view value : split(text, ',')) {
    if (value.empty())
      throw Error(flag + ": expected values with commas between them, got '" + std::string(text) + "'");
    values.emplace_back(value);
  }
  return values;
}

/// What is said of latents and images, as text.
struct Texts {
  std::string label, interpolate, arithmetic, traverse, encode, reconstruct, project, film, explore;
  std::vector<std::string> codes;
};

void add_query_flags(CLI::App& app, Texts& texts, SampleCommand& command) {
  const auto text = [&](const char* group, const char* flag, const char* type, auto& field, const char* help) {
    app.add_option(flag, field, help)->group(group)->type_name(type);
  };
  const char* latents = "Latents";
  text(latents, "--label", "CLASSES", texts.label,
       "Class of the samples, or several that take turns: 3, or 0,1,2, or cats,dogs (cgan)");
  text(latents, "--code", "NAME=NUMBERS", texts.codes,
       "Set a part of the latents: category=3, or code=-1,0.5 (infogan)");
  app.add_option_function<double>(
         "--truncation", [&](double limit) { command.truncation = limit; },
         "Draw latents nearer to the middle: normal numbers within +/- this, uniform ones times this, up to 1")
      ->group(latents)
      ->type_name("FLOAT");
  text(latents, "--latents", "FILE.npy", command.latents, "Rows that take the place of seeds");
  text(latents, "--latents-out", "FILE.npy", command.latents_out, "Write the latents of what is drawn");

  const char* between = "Between samples";
  text(between, "--interpolate", "SEEDS", texts.interpolate,
       "Walk from seed to seed, 5,9,12; an animation, as by default, also leads back");
  add_field(app, "frames", between, "Number of samples on the way, or of grids in a film", command.frames,
            to_text(command.frames));
  text(between, "--arithmetic", "SEEDS", texts.arithmetic, "Add and subtract the latents of seeds: 5-9+12");
  text(between, "--traverse", "PART[i]=FROM:TO", texts.traverse,
       "A row a sample; one number of its latents goes from end to end: code[0]=-2:2, z[7]=-3:3, category=0:9; an "
       "animation (--format apng) shows the samples side by side");

  const char* images = "Images (IDX, .npy, a picture, or a folder or archive of them)";
  text(images, "--encode", "IMAGES", texts.encode, "Write what the encoder reads off them, as a NumPy file");
  text(images, "--reconstruct", "IMAGES", texts.reconstruct, "Encode and make them again, each below the original");
  text(images, "--project", "IMAGES", texts.project,
       "Show the nearest samples of any generator, found by optimisation");
  text("A page", "--explore", "FILE.html", texts.explore,
       "Write a page that runs the generator in a browser: seeds, classes, codes, directions");
  text("A run", "--film", "RUN", texts.film, "Show the grids of a run's folder one after the other, as an animation");
}

int64_t seed_in(const std::string& flag, std::string_view text) {
  int64_t seed = 0;
  if (!parse_text(text, seed) || seed < 0) {
    throw Error(flag + ": expected seeds, whole numbers from 0 on, got '" + std::string(text) + "'");
  }
  return seed;
}

/// "5-9+12"
void read_arithmetic(const std::string& text, SampleCommand& command) {
  for (size_t at = 0; at < text.size();) {
    const bool has_sign = text[at] == '+' || text[at] == '-';
    const size_t begin = at + has_sign, end = std::min(text.find_first_of("+-", begin), text.size());
    command.rows.push_back(seed_in("--arithmetic", std::string_view(text).substr(begin, end - begin)));
    command.weights.push_back(has_sign && text[at] == '-' ? -1 : 1);
    at = end;
  }
  if (command.rows.size() < 2) {
    throw Error("--arithmetic: expected two seeds or more, got '" + text + "'", "--arithmetic 5-9+12");
  }
}

void read_interpolate(const std::string& text, SampleCommand& command) {
  for (const std::string_view seed : split(text, ',')) command.rows.push_back(seed_in("--interpolate", seed));
  if (command.rows.size() < 2) {
    throw Error("--interpolate: expected two seeds or more, got '" + text + "'", "--interpolate 5,9,12");
  }
}

/// "code[0]=-2:2"
Traverse traverse_in(const std::string& text) {
  const size_t equals = text.find('='), colon = text.find(':', equals), bracket = text.find('[');
  Traverse traverse;
  int64_t index = 0;
  const auto inside = [&](size_t begin, size_t end) { return std::string_view(text).substr(begin, end - begin); };
  bool good = equals != std::string::npos && colon != std::string::npos && equals > 0 &&
              parse_text(inside(equals + 1, colon), traverse.from) &&
              parse_text(inside(colon + 1, text.size()), traverse.to);
  if (good && bracket < equals) {
    good = bracket > 0 && text[equals - 1] == ']' && parse_text(inside(bracket + 1, equals - 1), index);
    traverse.index = index;
  }
  if (!good) throw Error("--traverse: expected PART[i]=FROM:TO, got '" + text + "'", "--traverse code[0]=-2:2");
  traverse.part = text.substr(0, std::min(bracket, equals));
  return traverse;
}

void add_parts(const std::string& label, const std::vector<std::string>& codes, SampleCommand& command) {
  if (!label.empty()) command.parts.push_back({"--label", "label", values_in("--label", label)});
  for (const std::string& code : codes) {
    const size_t equals = code.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error("--code: expected NAME=NUMBERS, got '" + code + "'", "--code category=3");
    }
    const std::string name = code.substr(0, equals), flag = "--code " + name;
    command.parts.push_back({flag, name, values_in(flag, std::string_view(code).substr(equals + 1))});
  }
  std::set<std::string> names;
  for (const auto& part : command.parts) {
    if (!names.insert(part.name).second) throw Error(part.flag + ": " + part.name + " is set a second time");
  }
}

/// Throws Error for parts that are set although the query decides them.
void require_free_parts(const SampleCommand& command) {
  for (const auto& part : command.parts) {
    if (command.query == Query::traverse && part.name == command.traverse.part) {
      throw Error(part.flag + ": --traverse moves " + part.name);
    }
    if (command.query == Query::interpolate && part.flag == "--label" && part.values.size() > 1) {
      throw Error("--label: --interpolate keeps one label all the way");
    }
  }
}

/// Throws Error unless the page can be written, and replaces no file of another kind.
void require_page(const CLI::App& app, const std::string& page) {
  if (app.count("--out") > 0) throw Error("--out: --explore names the page");
  require_path("--explore", page);
  const std::string ending = name_ending(page);
  if (ending != ".html" && ending != ".htm") throw Error("--explore " + page + ": it will be a page", "name it .html");
  with_context("--explore", [&] {
    constexpr std::string_view kBeginning = "<!doctype html>\n<!-- gan-sample --explore -->";  // of our own
    require_writable(page);
    if (std::error_code none; !std::filesystem::exists(page, none)) return;
    if (read_beginning(page, kBeginning.size()) == kBeginning) return;
    throw Error(page + ": is another file than such a page, and is not replaced", "name another file");
  });
}

/// The one query of the command line, and what it says.
void read_query(const CLI::App& app, const Texts& texts, SampleCommand& command) {
  const std::pair<const char*, Query> kQueries[] = {{"--interpolate", Query::interpolate},
                                                    {"--arithmetic", Query::arithmetic},
                                                    {"--traverse", Query::traverse},
                                                    {"--encode", Query::encode},
                                                    {"--reconstruct", Query::reconstruct},
                                                    {"--project", Query::project},
                                                    {"--film", Query::film},
                                                    {"--explore", Query::explore}};
  std::string given;
  for (const auto& [flag, query] : kQueries) {
    if (app.count(flag) == 0) continue;
    if (!given.empty()) throw Error(std::string(flag) + ": excludes " + given, "ask for one of them at a time");
    given = flag;
    command.query = query;
  }
  switch (command.query) {
    case Query::samples:
      return;
    case Query::interpolate:
      return read_interpolate(texts.interpolate, command);
    case Query::arithmetic:
      return read_arithmetic(texts.arithmetic, command);
    case Query::traverse:
      command.traverse = traverse_in(texts.traverse);
      return;
    case Query::encode:
      command.images = texts.encode;
      break;
    case Query::reconstruct:
      command.images = texts.reconstruct;
      break;
    case Query::project:
      command.images = texts.project;
      break;
    case Query::film:
      command.run = texts.film;
      return require_path("--film", command.run);
    case Query::explore:
      command.out = texts.explore;
      return require_page(app, command.out);
  }
  require_path(given, command.images);
  if (command.query != Query::encode || command.out.empty()) return;
  const auto format = with_context("--out", [&] { return format_of_name(command.out); });
  if (command.out == "-" || (format && *format != SampleFormat::npy)) {
    throw Error("--out " + command.out + ": --encode writes a NumPy file", "name it .npy");
  }
}

/// Throws Error for a flag that the query does not read.
void require_readers(const CLI::App& app, const SampleCommand& command) {
  using enum Query;
  struct Row {
    const char* flag;
    std::vector<Query> readers;
    const char* only;
  };
  const Row kRows[] = {
      {"--count", {samples, encode, reconstruct, project}, "the query itself says how many samples there are"},
      {"--seed", {samples, traverse, project}, "the query does not draw seeds in turn"},
      {"--checkpoint", {samples, interpolate, arithmetic, traverse, encode, reconstruct, project, explore}, ""},
      {"--weights", {samples, interpolate, arithmetic, traverse, encode, reconstruct, project, explore}, ""},
      {"--device", {samples, interpolate, arithmetic, traverse, encode, reconstruct, project, explore}, ""},
      {"--threads", {samples, interpolate, arithmetic, traverse, encode, reconstruct, project, explore}, ""},
      {"--grid", {samples, interpolate, traverse}, "the query has a grid of its own"},
      {"--nice", {samples}, "it chooses among samples of seeds"},
      {"--frames", {interpolate, traverse, film}, "only --interpolate, --traverse and --film read it"},
      {"--truncation", {samples, interpolate, arithmetic, traverse}, "these latents are not drawn"},
      {"--latents", {samples, interpolate, arithmetic, traverse}, "the latents come from images"},
      {"--label", {samples, interpolate, arithmetic, traverse, project}, "the latents come from images"},
      {"--code", {samples, interpolate, arithmetic, traverse, project}, "the latents come from images"},
      {"--latents-out", {samples, interpolate, arithmetic, traverse, reconstruct, project}, "there are none to write"},
      {"--format",
       {samples, interpolate, arithmetic, traverse, reconstruct, project, film},
       "--encode writes a NumPy file"},
  };
  for (const auto& [flag, readers, only] : kRows) {
    if (app.count(flag) == 0 || std::ranges::find(readers, command.query) != readers.end()) continue;
    const std::string why = command.query == film      ? "--film does not read it"
                            : command.query == explore ? "--explore does not read it"
                                                       : only;
    throw Error(std::string(flag) + ": " + why);
  }
  for (const char* flag : {"--seed", "--nice"}) {
    if (app.count(flag) > 0 && !command.latents.empty()) throw Error(std::string(flag) + ": --latents has no seeds");
  }
  for (const std::string flag : {"--nice-factor", "--nice-by"}) {
    if (app.count(flag) > 0 && !command.nice) throw Error(flag + ": only --nice reads it");
  }
  const bool grid_of_frames = command.query == Query::traverse && is_animation(command.format);
  if (command.grid.count() > 0 && command.format != SampleFormat::grid && !grid_of_frames) {
    throw Error("--grid: only --format grid reads it");
  }
  if (command.query == Query::film && !is_animation(command.format)) {
    throw Error("--film: makes an animation, not " + to_text(command.format), "--format apng or gif");
  }
  if (app.count("--frames") > 0 && command.query == Query::traverse && !is_animation(command.format)) {
    throw Error("--frames: of --traverse only an animation has frames; --grid says how many columns a grid has");
  }
}

/// Throws Error for flags whose text is empty: a shell's variable that is not set.
void require_texts(const CLI::App& app) {
  for (const char* flag : {"--label", "--code", "--latents", "--latents-out", "--interpolate", "--arithmetic",
                           "--traverse", "--encode", "--reconstruct", "--project", "--film", "--explore", "--out"}) {
    for (const std::string& text : app.get_option(flag)->results()) {
      if (text.empty()) throw Error(std::string(flag) + ": expected a text, got an empty one");
    }
  }
}

/// Throws Error if a file that is written is also read, or is written twice.
void require_different_files(const SampleCommand& command) {
  using Named = std::pair<std::string, std::filesystem::path>;
  const bool as_idx = command.format == SampleFormat::idx;
  const std::filesystem::path out = sample_file(command.out, command.format);
  const std::vector<Named> read{
      {"the checkpoint", command.checkpoint}, {"the images", command.images}, {"--latents", command.latents}};
  const std::vector<Named> written{
      {"--out", out}, {"--latents-out", command.latents_out}, {"the labels", as_idx ? labels_file(out) : ""}};
  std::error_code none;
  const auto whole = [&](const std::filesystem::path& path) {  // of a file that may not exist
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, none), none);
  };
  const auto same = [&](const Named& a, const Named& b) {
    return !a.second.empty() && !b.second.empty() && whole(a.second) == whole(b.second);
  };
  for (size_t i = 0; i < written.size(); ++i) {
    for (const Named& input : read) {
      if (same(written[i], input))
        throw Error(written[i].first + ": " + input.second.string() + " is " + input.first + " itself");
    }
    for (size_t k = 0; k < i; ++k) {
      if (same(written[i], written[k]))
        throw Error(written[i].first + ": " + written[k].second.string() + " is " + written[k].first + ", too");
    }
  }
}

/// Throws Error for values out of range and for values that contradict each other.
void require_valid(const SampleCommand& command) {
  require_range("--count", command.count, 0, kMostSamples);
  require_range("--seed", command.seed, 0, int64_t{1} << 62);
  require_range("--nice-factor", command.nice_factor, 1, 10000);
  require_range("--frames", command.frames, 2, kMostInGrid);
  require_range("--threads", command.threads, 0, 1024);
  if (command.truncation && !(*command.truncation > 0 && *command.truncation <= 10)) {
    throw Error("--truncation: expected a number above 0, to 10, got " + to_text(*command.truncation));
  }
  if (command.grid.count() > 0 && command.count > command.grid.count()) {
    throw Error("--grid " + to_text(command.grid) + " has " + to_text(command.grid.count()) + " places for --count " +
                to_text(command.count));
  }
  if (command.nice && command.count * command.nice_factor > kMostCandidates) {
    throw Error("--count times --nice-factor: expected at most " + to_text(kMostCandidates) + ", got " +
                to_text(command.count * command.nice_factor));
  }
  if (command.query == Query::interpolate && command.grid.count() > 0 && command.frames > command.grid.count()) {
    throw Error("--grid " + to_text(command.grid) + " has " + to_text(command.grid.count()) + " places for --frames " +
                to_text(command.frames));
  }
}

std::string default_out(const SampleCommand& command) {
  if (command.query == Query::encode) return "latents.npy";
  if (command.query == Query::film) return "film" + ending_of(command.format);
  return command.format == SampleFormat::png ? "samples" : "samples" + ending_of(command.format);
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

void require_in_picture(const SampleCommand& command, int64_t count) {
  const bool in_memory = command.format == SampleFormat::grid || is_animation(command.format);
  if (!in_memory || count <= kMostInGrid) return;
  const std::string what = command.format == SampleFormat::grid ? "a grid" : "an animation";
  throw Error("--count: expected at most " + to_text(kMostInGrid) + " in " + what + ", got " + to_text(count),
              "--format idx or npy holds more");
}

SampleCommand parse_sample_command(int argc, const char* const* argv) {
  SampleCommand command;
  CLI::App app{"Draws samples from a generator that gan-train made.", "gan-sample"};
  add_help(app, kHelp);
  add_flags(app, command);
  Texts texts;
  add_query_flags(app, texts, command);
  const std::string text = parse(app, argc, argv);
  if (!text.empty()) return {.print = text};
  require_texts(app);
  for (const auto& [flag, path] : {std::pair{"--checkpoint", command.checkpoint},
                                   {"--out", command.out},
                                   {"--latents", command.latents},
                                   {"--latents-out", command.latents_out}}) {
    require_path(flag, path);
  }
  add_parts(texts.label, texts.codes, command);
  read_query(app, texts, command);
  if (command.query != Query::film) {
    if (command.checkpoint.empty()) {
      throw Error("--checkpoint: expected a run's g.pt, got nothing",
                  "gan-sample runs/00000-dcgan draws 64 samples of that run; --help lists the flags");
    }
    command.checkpoint = generator_at(command.checkpoint);
  }
  if (command.query == Query::encode) command.format = SampleFormat::npy;
  const bool has_own = command.query == Query::encode || command.query == Query::explore;
  if (!has_own) command.format = format_of(command, app.count("--format") > 0);
  require_readers(app, command);
  require_free_parts(command);
  const bool fills_grid = command.query == Query::interpolate && app.count("--frames") == 0;
  if (command.grid.count() > 0 && fills_grid) command.frames = command.grid.count();
  require_valid(command);
  require_in_picture(command, command.count);
  if (command.out.empty()) command.out = default_out(command);
  require_different_files(command);
  return command;
}

}  // namespace gan
