#include "gan/base/clock.h"

#include <time.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>

namespace gan {

namespace {

int64_t nanoseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::atomic<int64_t> continued{0};  // time of the last SIGCONT
static_assert(std::atomic<int64_t>::is_always_lock_free, "a signal handler writes it");

void on_continue(int) {
  continued = nanoseconds();
}

}  // namespace

double clock_seconds() {
  static std::mutex mutex;
  static int64_t last = 0, left_out = 0;
  const std::lock_guard lock(mutex);
  const int64_t now = nanoseconds(), since = continued;
  if (last > 0 && since > last && since <= now) left_out += since - last;
  last = now;
  return static_cast<double>(now - left_out) / 1e9;
}

void leave_out_stopped_time() {
  struct sigaction action {};
  action.sa_handler = on_continue;
  action.sa_flags = SA_RESTART;
  sigaction(SIGCONT, &action, nullptr);
}

}  // namespace gan
