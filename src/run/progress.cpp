#include "gan/run/progress.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

namespace {

constexpr double kSecondsBetweenDraws = 0.1;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string values_text(const Standing& standing) {
  std::string text;
  for (const auto& values : {standing.values, standing.scores}) {
    for (const auto& [name, value] : values) text += (text.empty() ? "" : " ") + name + " " + fixed_text(value, 3);
  }
  return text;
}

std::string rate_text(const Standing& standing) {
  return with_commas(std::llround(standing.images_per_second)) + " images/s";
}

/// As tqdm draws it: "epoch 3/30:  41%|████▏     | 5800/14040 [3:05 left, 1,543 images/s, d_loss 0.62 ...]".
std::string bar_line(const Standing& standing, int columns) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double part =
      static_cast<double>(standing.step) / static_cast<double>(std::max<int64_t>(1, standing.total_steps));
  char percent[8];
  std::snprintf(percent, sizeof percent, "%3d%%", static_cast<int>(100 * part));
  const std::string left = "epoch " + to_text(standing.epoch) + "/" + to_text(standing.epochs) + ": " + percent + "|";
  const std::string values = values_text(standing);
  std::string right = "| " + to_text(standing.step) + "/" + to_text(standing.total_steps) + " [" +
                      clock_text(standing.seconds_left) + " left, " + rate_text(standing) +
                      (values.empty() ? "" : ", ") + values + "]";
  constexpr int kLeastBar = 6, kMostBar = 30;
  const int text_columns = static_cast<int>(left.size() + right.size());
  const int cells = std::clamp(columns - 1 - text_columns, kLeastBar, kMostBar);
  right.resize(
      std::min(right.size(), static_cast<size_t>(std::max(0, columns - 1 - cells - static_cast<int>(left.size())))));
  const int eighths = static_cast<int>(part * cells * 8);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  bar.append(static_cast<size_t>(cells - eighths / 8 - (eighths % 8 > 0)), ' ');
  return left + bar + right;
}

}  // namespace

/// spdlog writes the lines; the bar is drawn under them and wiped before each.
struct Progress::Sinks {
  std::shared_ptr<spdlog::logger> screen, file;
  bool bar = false;  // a bar is wanted
  bool drawn = false;
  double last_draw = 0;

  void wipe() {
    if (drawn) std::fputs("\r\033[K", stderr);
    drawn = false;
  }
  void write(spdlog::level::level_enum level, const std::string& text) {
    wipe();
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      screen->log(level, one_line(line));
      if (file) file->log(level, one_line(line));
    }
  }
};

Progress::Progress(const std::filesystem::path& log_file, bool quiet) : sinks_(std::make_unique<Sinks>()) {
  sinks_->screen = std::make_shared<spdlog::logger>("screen", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  sinks_->screen->set_pattern("%v");
  sinks_->screen->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  // A screen or a log that takes no more lines is no reason to say more.
  const auto silence = [](const std::string&) {};
  sinks_->screen->set_error_handler(silence);
  sinks_->bar = !quiet && isatty(STDERR_FILENO);
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

void Progress::warn(const std::string& text) {
  sinks_->write(spdlog::level::warn, "warning: " + text);
}

void Progress::step(const Standing& standing) {
  if (!sinks_->bar || now() - sinks_->last_draw < kSecondsBetweenDraws) return;
  sinks_->last_draw = now();
  sinks_->drawn = true;
  std::fputs(("\r" + bar_line(standing, terminal_width()) + "\033[K").c_str(), stderr);
  std::fflush(stderr);
}

void Progress::logged(const Standing& standing) {
  const std::string line = progress_line(standing);
  if (!sinks_->bar) sinks_->screen->info(line);
  if (sinks_->file) sinks_->file->info(line);
}

std::string progress_line(const Standing& standing) {
  return "epoch " + to_text(standing.epoch) + "/" + to_text(standing.epochs) + " step " + to_text(standing.step) + "/" +
         to_text(standing.total_steps) + " | " + rate_text(standing) + " | left " + clock_text(standing.seconds_left) +
         " | " + values_text(standing);
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
