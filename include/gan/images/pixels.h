#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Two ways to hold images: as bytes, uint8 [N, C, H, W] in 0..255, and as pixels, float [N, C, H, W] in [-1, 1], which
/// is what networks take and give.

/// An array that a file holds, uint8 [N, H, W] or [N, C, H, W] or [N, H, W, C] with C of 1 or 3, as images [N, C, H,
/// W]. Throws Error for any other.
at::Tensor as_images(const at::Tensor& array);

/// The same pictures with so many channels: gray ones [N, 1, H, W] with three equal channels, and the other way round.
/// Those in colour stay as they are.
at::Tensor with_channels(const at::Tensor& images, int64_t channels);

/// 2 b / 255 - 1. On the device of `bytes`.
at::Tensor to_pixels(const at::Tensor& bytes);

/// round(127.5 (p + 1)), cut off at 0 and 255. On the device of `pixels`.
at::Tensor to_bytes(const at::Tensor& pixels);

}  // namespace gan
