#include "gan/base/clock.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>

#include "support/test.h"

namespace gan {
namespace {

double monotonic() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void wait_a_little() {
  const timespec little{0, 2'000'000};
  ::nanosleep(&little, nullptr);
}

/// Stops a child for `stop` seconds; returns how many seconds the child's clock left out.
double left_out_of_a_stop(double stop) {
  int channel[2];
  EXPECT_EQ(::pipe(channel), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    leave_out_stopped_time();
    const double begin = clock_seconds(), really = monotonic();
    double left_out = 0;
    if (::write(channel[1], &left_out, sizeof left_out) < 0) ::_exit(1);  // tells the parent that it has started
    while (monotonic() - really < stop + 0.2) {
      wait_a_little();
      left_out = (monotonic() - really) - (clock_seconds() - begin);
    }
    ::_exit(::write(channel[1], &left_out, sizeof left_out) < 0);
  }
  double left_out = 0;
  EXPECT_EQ(::read(channel[0], &left_out, sizeof left_out), ssize_t{sizeof left_out});
  if (stop > 0) {
    ::kill(child, SIGSTOP);
    const timespec pause{0, static_cast<long>(stop * 1e9)};
    ::nanosleep(&pause, nullptr);
  }
  ::kill(child, SIGCONT);  // also without a stop before it
  EXPECT_EQ(::read(channel[0], &left_out, sizeof left_out), ssize_t{sizeof left_out});
  ::waitpid(child, nullptr, 0);
  ::close(channel[0]);
  ::close(channel[1]);
  return left_out;
}

TEST(Clock, LeavesOutTheTimeOfAStop) {
  constexpr double kStop = 0.5;
  const double left_out = left_out_of_a_stop(kStop);
  EXPECT_GT(left_out, 0.9 * kStop);  // less would be stopped time that counts as work
}

TEST(Clock, IgnoresSigcontWithoutAStop) {
  EXPECT_LT(left_out_of_a_stop(0), 0.1);
}

TEST(Clock, NeverGoesBack) {
  double last = clock_seconds();
  for (int i = 0; i < 1000; ++i) {
    const double now = clock_seconds();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace gan
