#include "gan/run/run_report.h"

#include <algorithm>

#include "gan/base/base64.h"
#include "gan/base/file.h"
#include "gan/base/json.h"
#include "gan/base/text.h"
#include "gan/exports/pages.h"
#include "gan/run/messages.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

std::string text_of(const fs::path& file) {
  std::error_code none;
  return fs::exists(file, none) ? read_file(file) : "";
}

std::string picture(const fs::path& file) {
  return json_string("data:image/png;base64," + base64(read_file(file)));
}

/// The grids of a folder as [{"step", "png"}, ...]: as many as fit into some megabytes.
std::string grids_in(const RunFolder& folder) {
  constexpr uintmax_t kMostBytes = 12 << 20;
  size_t most = 60;
  const std::vector<SavedGrid> grids = folder.samples_saved();
  uintmax_t bytes = 0;
  for (const SavedGrid& grid : grids) bytes += fs::file_size(grid.file);
  if (bytes > kMostBytes) most = std::min(most, std::max<size_t>(2, grids.size() * kMostBytes / bytes));
  std::vector<std::string> items;
  for (const SavedGrid& grid : spread(grids, most)) {
    items.push_back(json_object({{"step", to_text(grid.step)}, {"png", picture(grid.file)}}));
  }
  return json_array(items);
}

/// metrics.jsonl; of very many steps or evaluations every n-th.
std::string metrics_in(const RunFolder& folder) {
  constexpr size_t kMost = 4000;
  const auto is_step = [](std::string_view line) { return line.find("\"images_per_second\"") != line.npos; };
  const std::string text = text_of(folder.metrics());
  const auto lines = split(text, '\n');
  const auto steps = static_cast<size_t>(std::ranges::count_if(lines, is_step)), evaluations = lines.size() - steps;
  const size_t every_step = (steps + kMost) / kMost, every_evaluation = (evaluations + kMost) / kMost;
  std::string kept;
  size_t step = 0, evaluation = 0;
  for (const std::string_view line : lines) {
    const bool keep = is_step(line) ? step++ % every_step == 0 : evaluation++ % every_evaluation == 0;
    if (keep && !line.empty()) kept += std::string(line) + "\n";
  }
  return kept;
}

/// The log without its lines of progress, which the curves show.
struct Words {
  std::string log, machine;
  std::vector<std::string> warnings;  ///< also the watchdog's
};

Words words_in(const RunFolder& folder) {
  constexpr size_t kLevel = 20, kText = 22;  // of "2026-11-27 22:47:22 W warning: ..."
  const std::string text = text_of(folder.log());
  Words words;
  for (const std::string_view line : split(text, '\n')) {
    const bool whole = line.size() > kText;
    const std::string said(whole ? line.substr(kText) : line);
    if (whole && said.starts_with("epoch ") && said.find(" images/s") != said.npos) continue;
    words.log += std::string(line) + "\n";
    if (whole && line[kLevel] == 'W') words.warnings.emplace_back(line);
    if (said.starts_with(kMachine)) words.machine = said.substr(std::string_view(kMachine).size());
  }
  return words;
}

}  // namespace

std::string run_report(const RunFolder& folder) {
  const Words words = words_in(folder);
  const std::string name = folder.path().string(), real = folder.real().string();
  const std::vector<SavedGrid> reconstructions = folder.reconstructions_saved();
  std::error_code none;
  return page_with(
      kReportPage,
      json_object({{"name", json_string(name)},
                   {"machine", json_string(words.machine)},
                   {"metrics", json_string(metrics_in(folder))},
                   {"grids", grids_in(folder)},
                   {"reconstructions", reconstructions.empty() ? "null" : picture(reconstructions.back().file)},
                   {"real", fs::exists(real, none) ? picture(real) : "null"},
                   {"warnings", json_strings(words.warnings)},
                   {"command", json_string("gan-train --config " + shell_word(folder.options().string()))},
                   {"options", json_string(text_of(folder.options()))},
                   {"log", json_string(words.log)}}));
}

void write_run_report(const RunFolder& folder) {
  write_file(folder.report(), run_report(folder));
}

}  // namespace gan
