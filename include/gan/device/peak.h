#pragma once

#include <c10/core/Device.h>

#include <c10/core/ScalarType.h>

namespace gan {

/// The machine's peak rate with the threads that are set, in operations per second: the best of several runs of a large
/// matrix product and of a large convolution, channels-last.
struct Peak {
  double product = 0, convolution = 0;
};
Peak measure_peak(c10::ScalarType type, c10::Device device);

}  // namespace gan
