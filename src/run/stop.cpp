#include "gan/run/stop.h"

#include <csignal>

namespace gan {

namespace {

volatile std::sig_atomic_t received = 0;

void on_signal(int signal) {
  received = signal;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags =
      static_cast<int>(SA_RESETHAND) | SA_RESTART;  // the second one finds the default, which ends the program
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int stop_signal() {
  return received;
}

}  // namespace gan
