#include "gan/device/device_clock.h"

#include "gan/base/clock.h"
#include "gan/device/device.h"

namespace gan {

double device_seconds(c10::Device device) {
  synchronize(device);
  return clock_seconds();
}

}  // namespace gan
