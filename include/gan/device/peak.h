#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace gan {

/// The most operations per second that anything reaches with the threads that are set: the best of several runs of a
/// large matrix product, and of large convolutions of 1 x 1 and of 3 x 3 pixels, channels-last. On a CPU the first is
/// MKL's, whose rate is half of oneDNN's on some processors.
struct Peak {
  double rate = 0;
  std::string of;  ///< which of them that was
};
Peak measure_peak(c10::ScalarType type, c10::Device device);

}  // namespace gan
