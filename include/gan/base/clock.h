#pragma once

namespace gan {

/// Seconds on a clock that never goes back, from an arbitrary start.
double clock_seconds();

/// From now on clock_seconds() leaves out the time while the process is stopped (Ctrl-Z, SIGSTOP): from its last call
/// before the stop to the SIGCONT.
void leave_out_stopped_time();

}  // namespace gan
