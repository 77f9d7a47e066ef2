#pragma once

namespace gan {

/// From now on SIGINT, SIGTERM and SIGHUP (unless it is ignored, as under nohup) ask the run to end after its step; a
/// second one ends the program at once.
void catch_stop_signals();

/// The signal that asked to stop; 0 if none did.
int stop_signal();

}  // namespace gan
