#include "gan/device/peak.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>

#include "gan/device/device.h"
#include "gan/device/device_clock.h"

namespace gan {

namespace {

/// Operations a second of `work`, at its quickest within a second, after a first run.
double best_rate(double operations, c10::Device device, const std::function<void()>& work) {
  work();
  double best = 0;
  const double start = device_seconds(device);
  for (double begun = start; begun < start + 1;) {
    work();
    const double ended = device_seconds(device);
    best = std::max(best, operations / (ended - begun));
    begun = ended;
  }
  return best;
}

}  // namespace

Peak measure_peak(c10::ScalarType type, c10::Device device) {
  const at::NoGradGuard no_grad;
  const int64_t side = device.is_cpu() ? 2048 : 8192, images = device.is_cpu() ? 32 : 512;
  const auto options = at::TensorOptions().device(device).dtype(type);
  const at::Tensor a = at::randn({side, side}, options);
  const auto channels_last = [&](at::IntArrayRef sizes) {
    return at::randn(sizes, options).contiguous(at::MemoryFormat::ChannelsLast);
  };
  const at::Tensor maps = channels_last({images, 256, 14, 14}), pixels = channels_last({images, side, 8, 8});
  const at::Tensor by_1 = channels_last({side, side, 1, 1}), by_3 = channels_last({256, 256, 3, 3});
  const auto n = static_cast<double>(side), count = static_cast<double>(images);
  Peak peak;
  const auto try_one = [&](const std::string& name, double operations, const std::function<void()>& work) {
    const double rate = best_rate(operations, device, work);
    if (rate > peak.rate) peak = {rate, name};
  };
  try_one("a matrix product", 2 * n * n * n, [&] { at::mm(a, a); });
  try_one("a 1 x 1 convolution", 2 * count * 8 * 8 * n * n, [&] { at::conv2d(pixels, by_1); });
  try_one("a 3 x 3 convolution", 2 * count * 14 * 14 * 256 * 256 * 9, [&] { at::conv2d(maps, by_3, {}, 1, 1); });
  return peak;
}

}  // namespace gan
