#include "gan/images/pixels.h"

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

at::Tensor as_images(const at::Tensor& array) {
  const auto is_color = [](int64_t channels) { return channels == 1 || channels == 3; };
  if (array.dim() == 3) return array.unsqueeze(1);
  if (array.dim() == 4 && is_color(array.size(1))) return array;
  if (array.dim() == 4 && (is_color(array.size(3)) || array.size(3) == 4)) return array.permute({0, 3, 1, 2});
  if (array.dim() == 4 && array.size(1) == 4) return array;
  std::string sizes;
  for (const int64_t size : array.sizes()) sizes += (sizes.empty() ? "" : " x ") + to_text(size);
  throw Error("expected images, N x H x W or N x C x H x W with C of 1, 3 or 4, got " + sizes,
              array.dim() == 1 ? "these look like labels" : "");
}

at::Tensor with_channels(const at::Tensor& images, int64_t channels) {
  if (images.size(1) == channels) return images;
  const at::Tensor first = images.narrow(1, 0, 1);
  const bool gray = images.eq(first).all().item<bool>();
  return gray ? first.expand({-1, channels, -1, -1}).contiguous() : images;
}

at::Tensor to_pixels(const at::Tensor& bytes) {
  return bytes.to(at::kFloat).mul_(2.0 / 255.0).sub_(1.0);
}

at::Tensor to_bytes(const at::Tensor& pixels) {
  return pixels.add(1.0).mul_(127.5).round_().clamp_(0, 255).to(at::kByte);
}

at::Tensor pixel_errors(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kFloat) - b).square().flatten(1).mean(1) / 4;
}

}  // namespace gan
