#include "gan/base/stop.h"

#include <unistd.h>

#include <csignal>

namespace gan {

namespace {

volatile std::sig_atomic_t received = 0;

void on_signal(int signal) {
  if (received != 0 && signal != SIGUSR1) ::_exit(128 + signal);
  if (received == 0) received = signal;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : kStopSignals) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    const bool ignored = signal == SIGHUP && before.sa_handler == SIG_IGN;
    if (!ignored) sigaction(signal, &action, nullptr);
  }
}

int stop_signal() {
  return received;
}

void throw_if_stopped() {
  if (stop_signal()) throw Stopped();
}

}  // namespace gan
