#include "gan/data/preparation.h"

#include <ATen/ops/stack.h>

#include <vector>

#include "gan/base/text.h"

namespace gan {

namespace {

/// An image, [C, H, W], of one, three or four channels.
Picture as_picture(const at::Tensor& image) {
  const bool has_alpha = image.size(0) == 4;
  return {image.narrow(0, 0, has_alpha ? 3 : image.size(0)), has_alpha ? image.narrow(0, 3, 1) : at::Tensor()};
}

}  // namespace

std::string to_text(const Preparation& preparation) {
  const Framing& framing = preparation.framing;
  return std::string(preparation.transpose ? "transpose, " : "") + "side " + to_text(framing.side) + ", crop " +
         to_text(framing.crop) + ", background " + to_text(framing.background) + ", colors " +
         to_text(preparation.colors) + ", labels " + to_text(preparation.labels) + ", bad pictures " +
         to_text(preparation.bad_pictures);
}

at::Tensor prepared(at::Tensor images, const Preparation& preparation) {
  if (preparation.transpose) images = images.transpose(2, 3);
  const Framing& framing = preparation.framing;
  const int64_t channels = channels_of(preparation.colors).value_or(images.size(1));
  const bool framed_too = framing.side > 0 || framing.crop.kind == Crop::Kind::pixels;
  if (!framed_too && channels == images.size(1)) return images.numel() < kMappedBytes ? images.contiguous() : images;
  std::vector<at::Tensor> rows;
  for (const at::Tensor& image : images.unbind(0)) {
    const at::Tensor colored =
        channels == image.size(0) ? image : with_colors(as_picture(image), channels, framing.background);
    rows.push_back(framed(colored, framing));
  }
  return at::stack(rows);
}

}  // namespace gan
