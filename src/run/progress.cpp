#include "gan/run/progress.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <utility>

#include "gan/base/clock.h"
#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

namespace {

constexpr double kSecondsBetweenDraws = 0.1;

std::string epoch_text(const Status& status) {
  return "epoch " + to_text(status.epoch) + "/" + to_text(status.epochs);
}

std::string step_text(const Status& status) {
  return "step " + to_text(status.step) + "/" + to_text(status.total_steps);
}

std::string rate_text(const Status& status) {
  return with_commas(std::llround(status.images_per_second)) + " images/s";
}

std::vector<std::string> number_texts(const std::vector<std::pair<std::string, double>>& numbers) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : numbers) texts.push_back(name + " " + fixed_text(value, 3));
  return texts;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream left(text);
  for (std::string line; std::getline(left, line);) lines.push_back(line);
  return lines;
}

/// The first fields, as many as fit into so many columns. They are ASCII.
std::string fields_in(int columns, const std::vector<std::string>& fields) {
  std::string line;
  for (const auto& field : fields) {
    if (static_cast<int>(line.size() + field.size()) > columns) break;
    line += field;
  }
  return line;
}

/// Cells of which the part from 0 to 1 is filled.
std::string bar_text(double part, int cells, bool blocks) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::clamp(part, 0.0, 1.0) * cells * 8);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += blocks ? "█" : "#";
  const bool begun = blocks && eighths % 8 > 0;
  if (begun) bar += kEighths[eighths % 8];
  return bar.append(static_cast<size_t>(cells - eighths / 8 - begun), ' ');
}

}  // namespace

/// spdlog writes the lines; the bar is drawn under them and wiped before each.
struct Progress::Sinks {
  std::shared_ptr<spdlog::logger> screen, file;
  bool bar = false;    // show one
  bool drawn = false;  // it is on the screen
  double last_draw = 0;

  void wipe() {
    if (drawn) std::fputs("\r\033[K", stderr);
    drawn = false;
  }
  void write(spdlog::level::level_enum level, const std::string& text, bool on_screen = true) {
    wipe();
    for (const auto& line : lines_of(text)) {
      if (on_screen) screen->log(level, one_line(line));
      if (file) file->log(level, one_line(line));
    }
  }
};

Progress::Progress(const std::filesystem::path& log_file, bool quiet) : sinks_(std::make_unique<Sinks>()) {
  sinks_->screen = std::make_shared<spdlog::logger>("screen", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  sinks_->screen->set_pattern("%v");
  sinks_->screen->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  // If the screen or the log cannot be written, there is nowhere to say so.
  const auto silence = [](const std::string&) {};
  sinks_->screen->set_error_handler(silence);
  sinks_->bar = !quiet && screen_of(STDERR_FILENO).can_redraw;
  if (log_file.empty()) return;
  try {
    sinks_->file = std::make_shared<spdlog::logger>(
        "file", std::make_shared<spdlog::sinks::basic_file_sink_mt>(log_file.string()));
  } catch (const spdlog::spdlog_ex& error) {
    throw Error(log_file.string() + ": cannot write: " + error.what());
  }
  sinks_->file->set_error_handler(silence);
  sinks_->file->set_pattern("%Y-%m-%d %H:%M:%S %L %v");
  sinks_->file->flush_on(spdlog::level::info);
}

Progress::~Progress() {
  sinks_->wipe();
}

void Progress::info(const std::string& text) {
  sinks_->write(spdlog::level::info, text);
}

void Progress::table(const std::string& text) {
  const auto columns = static_cast<size_t>(screen_of(STDERR_FILENO).columns);
  const auto fits = [&](const std::string& line) { return line.size() < columns; };
  sinks_->write(spdlog::level::info, text, std::ranges::all_of(lines_of(text), fits));
}

void Progress::record(const std::string& text) {
  sinks_->write(spdlog::level::info, text, /*on_screen=*/false);
}

void Progress::warn(const std::string& text) {
  sinks_->write(spdlog::level::warn, "warning: " + text);
}

void Progress::step(const Status& status) {
  if (!sinks_->bar) return;
  if (status.stays) {
    sinks_->wipe();
    sinks_->screen->info(progress_line(status, screen_of(STDERR_FILENO).columns));
  } else if (clock_seconds() - sinks_->last_draw >= kSecondsBetweenDraws) {
    sinks_->last_draw = clock_seconds();
    sinks_->drawn = true;
    std::fputs(("\r" + progress_bar(status, screen_of(STDERR_FILENO)) + "\033[K").c_str(), stderr);
    std::fflush(stderr);
  }
}

void Progress::logged(const Status& status) {
  if (!sinks_->bar) sinks_->screen->info(progress_line(status, screen_of(STDERR_FILENO).columns));
  if (sinks_->file) sinks_->file->info(progress_line(status));
}

void Progress::wipe() {
  sinks_->wipe();
}

std::string progress_line(const Status& status, int columns) {
  std::vector<std::string> fields{epoch_text(status), " " + step_text(status)};
  const char* separator = " | ";
  for (const auto& numbers : {status.scores, status.values}) {
    for (const auto& text : number_texts(numbers)) fields.push_back(std::exchange(separator, " ") + text);
  }
  if (status.equilibrium) fields.push_back(" | " + status.equilibrium->line());
  fields.push_back(" | " + rate_text(status));
  fields.push_back(" | " + clock_text(status.seconds_left) + " left");
  return fields_in(columns - 1, fields);
}

std::string progress_bar(const Status& status, const Screen& screen) {
  constexpr int kLeastColumns = 40, kLeastCells = 5, kMostCells = 30;
  const double part = static_cast<double>(status.step) / static_cast<double>(std::max<int64_t>(1, status.total_steps));
  char percent[8];
  std::snprintf(percent, sizeof percent, "%4d%%", static_cast<int>(100 * std::clamp(part, 0.0, 1.0)));
  const std::string left = epoch_text(status) + percent;
  std::vector<std::string> fields{" " + clock_text(status.seconds_left) + " left"};
  for (const auto& text : number_texts(status.scores)) fields.push_back(", " + text);
  if (status.equilibrium) fields.push_back(", D " + status.equilibrium->word());
  fields.push_back(", " + rate_text(status));
  for (const auto& text : number_texts(status.values)) fields.push_back(", " + text);
  fields.push_back(", " + step_text(status));

  const int columns = screen.columns - 1;  // a full line would wrap
  if (screen.columns < kLeastColumns) {
    fields.insert(fields.begin(), left);
    return fields_in(columns, fields);
  }
  const int room = columns - static_cast<int>(left.size()) - 2;  // less the bar's ends
  const std::string right = fields_in(room - kLeastCells, fields);
  const int cells = std::clamp(room - static_cast<int>(right.size()), 0, kMostCells);
  return left + "|" + bar_text(part, cells, screen.has_blocks) + "|" + right;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e9)));
  char text[48];
  if (whole < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return text;
}

}  // namespace gan
