#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

// Images are held as bytes, uint8 [N, C, H, W] in 0..255, or as pixels, float [N, C, H, W] in [-1, 1]. Networks take
// and return pixels.

/// The array of a file, uint8 [N, H, W], [N, C, H, W] or [N, H, W, C] with C = 1, 3 or 4, as images [N, C, H, W], a
/// view. Throws Error for other shapes.
at::Tensor as_images(const at::Tensor& array);

/// Converts gray images between one channel and three equal channels. Leaves images with colours alone.
at::Tensor with_channels(const at::Tensor& images, int64_t channels);

/// 2 b / 255 - 1. On the device of `bytes`.
at::Tensor to_pixels(const at::Tensor& bytes);

/// round(127.5 (p + 1)), clamped to 0..255. On the device of `pixels`.
at::Tensor to_bytes(const at::Tensor& pixels);

/// Mean squared error of each image of `a` against that of `b`, both pixels, as if they were in [0, 1]: float [N]. Has
/// a gradient.
at::Tensor pixel_errors(const at::Tensor& a, const at::Tensor& b);

}  // namespace gan
