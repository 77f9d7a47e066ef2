#pragma once

namespace gan {

/// Seconds since some time in the past, on a clock that never goes back.
double clock_seconds();

/// From now on clock_seconds() leaves out the time for which the process was stopped (Ctrl-Z, SIGSTOP): from the last
/// look at the clock before it to the SIGCONT.
void leave_out_stopped_time();

}  // namespace gan
