#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gan/base/numbers.h"
#include "gan/base/terminal.h"

namespace gan {

/// How far a run is, for those who watch.
struct Status {
  int64_t step = 0, total_steps = 0;
  int64_t epoch = 0, epochs = 0;
  double images_per_second = 0;
  double seconds_left = 0;
  bool stays = false;   ///< at the end of an epoch or of the run: worth a line that stays on the screen
  NamedNumbers values;  ///< losses, as last logged
  NamedNumbers scores;  ///< of the samples, as last judged
};

/// What a run tells while it goes: all on stderr and in its log file. On a terminal a progress bar, and above it a line
/// for each epoch; elsewhere, and on a terminal that can only write line after line (TERM=dumb), a line each time
/// numbers are logged.
class Progress {
 public:
  /// Without `log_file` (a path that is empty) nothing is written to one. `quiet` leaves only warnings on stderr.
  Progress(const std::filesystem::path& log_file, bool quiet);
  ~Progress();

  void info(const std::string& text);   ///< one line or more
  void table(const std::string& text);  ///< the same, on a screen that is wide enough for all of it; else in the log
  void warn(const std::string& text);
  void step(const Status& status);    ///< moves the bar, at most ten times a second
  void logged(const Status& status);  ///< numbers have been logged
  void wipe();                        ///< takes the bar off the screen, for others to write there

 private:
  struct Sinks;
  std::unique_ptr<Sinks> sinks_;
};

/// "epoch 3/30 step 1400/14040 | mnist_fd 3.203 d_loss 0.620 ... | 1,543 images/s | 3:05 left", in less than so many
/// columns: of its fields the first ones, each whole.
std::string progress_line(const Status& status, int columns = Screen::kAnyWidth);

/// "epoch 3/30   9%|██▊       | 3:05 left, mnist_fd 3.203, 1,543 images/s, d_loss 0.620 ...", in the same way. A screen
/// of less than 40 columns has no room for the bar itself.
std::string progress_bar(const Status& status, const Screen& screen);

/// "3:05", or "1:02:03" from an hour on.
std::string clock_text(double seconds);

}  // namespace gan
