#pragma once

#include <csignal>
#include <exception>

namespace gan {

constexpr int kStopSignals[] = {SIGUSR1, SIGHUP, SIGTERM, SIGINT};

/// From now on SIGINT, SIGTERM, SIGUSR1 (a cluster's warning) and SIGHUP (unless ignored, as under nohup) ask the
/// program to stop. A second signal other than SIGUSR1 ends it at once.
void catch_stop_signals();

/// The signal that asked the program to stop; 0 if none did.
int stop_signal();

/// Thrown by long work that a signal interrupts.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped by a signal"; }
};

/// Throws Stopped if a signal asked the program to stop. Call it in long work, between its parts.
void throw_if_stopped();

}  // namespace gan
