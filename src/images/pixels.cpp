#include "gan/images/pixels.h"

namespace gan {

at::Tensor to_pixels(const at::Tensor& bytes) {
  return bytes.to(at::kFloat).mul_(2.0 / 255.0).sub_(1.0);
}

at::Tensor to_bytes(const at::Tensor& pixels) {
  return pixels.add(1.0).mul_(127.5).round_().clamp_(0, 255).to(at::kByte);
}

}  // namespace gan
