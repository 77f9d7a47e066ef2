#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gan/base/numbers.h"
#include "gan/base/terminal.h"
#include "gan/judging/equilibrium.h"

namespace gan {

/// How far a run is, for those who watch.
struct Status {
  int64_t step = 0, total_steps = 0;
  int64_t epoch = 0, epochs = 0;
  double images_per_second = 0;
  double seconds_left = 0;
  bool stays = false;                      ///< at the end of an epoch or of the run: its line stays on the screen
  NamedNumbers values;                     ///< losses, as last logged
  NamedNumbers scores;                     ///< of the samples, as last judged
  std::optional<Equilibrium> equilibrium;  ///< of the losses, where D's scores are probabilities
};

/// What a run reports while it trains, on stderr and in its log file. On a terminal: a progress bar, with a line above
/// it for each epoch. Elsewhere, and on a terminal without cursor movement (TERM=dumb): a line for each log.
class Progress {
 public:
  /// Writes no log file if the path is empty. With `quiet` only warnings go to stderr.
  Progress(const std::filesystem::path& log_file, bool quiet);
  ~Progress();

  void info(const std::string& text);    ///< one line or more
  void table(const std::string& text);   ///< the same, but only to the log if the screen is too narrow
  void record(const std::string& text);  ///< the same, only to the log
  void warn(const std::string& text);
  void step(const Status& status);    ///< moves the bar, at most ten times a second
  void logged(const Status& status);  ///< numbers have been logged
  void wipe();                        ///< clears the bar, so that others can write to the screen

 private:
  struct Sinks;
  std::unique_ptr<Sinks> sinks_;
};

/// "epoch 3/30 step 1400/14040 | mnist_fd 3.203 d_loss 0.620 ... | 1,543 images/s | 3:05 left", with as many
/// whole fields as fit in fewer than `columns`.
std::string progress_line(const Status& status, int columns = Screen::kAnyWidth);

/// "epoch 3/30   9%|██▊       | 3:05 left, mnist_fd 3.203, 1,543 images/s, d_loss 0.620 ...", in the same way. A screen
/// of less than 40 columns has no room for the bar itself.
std::string progress_bar(const Status& status, const Screen& screen);

/// "3:05", or "1:02:03" from an hour on.
std::string clock_text(double seconds);

}  // namespace gan
