#pragma once

#include <c10/core/Device.h>

namespace gan {

/// Waits for all work queued on the device, then reads clock_seconds().
double device_seconds(c10::Device device);

}  // namespace gan
