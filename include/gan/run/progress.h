#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gan {

/// Where a run stands, for those who watch.
struct Standing {
  int64_t step = 0, total_steps = 0;
  int64_t epoch = 0, epochs = 0;
  double images_per_second = 0;
  double seconds_left = 0;
  std::vector<std::pair<std::string, double>> values;  ///< losses, as last logged
  std::vector<std::pair<std::string, double>> scores;  ///< of the samples, as last judged
};

/// What a run tells while it goes: all on stderr and in its log file. On a terminal a progress bar, elsewhere a line
/// each time numbers are logged.
class Progress {
 public:
  /// Without `log_file` (a path that is empty) nothing is written to one. `quiet` leaves only warnings on stderr.
  Progress(const std::filesystem::path& log_file, bool quiet);
  ~Progress();

  void info(const std::string& text);  ///< one line or more
  void warn(const std::string& text);
  void step(const Standing& standing);    ///< moves the bar, at most ten times a second
  void logged(const Standing& standing);  ///< numbers have been logged

 private:
  struct Sinks;
  std::unique_ptr<Sinks> sinks_;
};

/// "epoch 3/30 step 1400/14040 | 1,543 images/s | left 3:05 | d_loss 0.62 ...".
std::string progress_line(const Standing& standing);

/// "3:05", or "1:02:03" from an hour on.
std::string clock_text(double seconds);

}  // namespace gan
