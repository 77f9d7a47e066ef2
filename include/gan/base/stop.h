#pragma once

#include <exception>

namespace gan {

/// From now on SIGINT, SIGTERM, SIGUSR1 (a cluster's warning) and SIGHUP (unless it is ignored, as under nohup) ask the
/// program to stop; a second one, but for SIGUSR1, ends it at once.
void catch_stop_signals();

/// The signal that asked to stop; 0 if none did.
int stop_signal();

/// Long work left unfinished because a signal asked to stop.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped by a signal"; }
};

/// Throws Stopped if a signal asked to stop. Long work calls it between its parts.
void heed_stop();

}  // namespace gan
