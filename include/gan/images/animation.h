#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>

namespace gan {

// Both write frames, uint8 [N, C, H, W] with C = 1 (gray), 3 (RGB) or, in a PNG, 4 (RGBA), as an animation that loops
// for ever. Each frame is shown for `milliseconds`, 1 to 65,535. The file is written whole or not at all. They throw
// Error, also if the format cannot hold that many frames or pixels.

/// Writes a GIF (GIF89a, CompuServe 1990; it loops by Netscape's application extension). Gray keeps its 256 values,
/// also as RGB. Colours have a fixed palette, 6 x 6 x 6 and, for pixels that are nearly gray, 40 grays, with ordered
/// dithering (Bayer 1973): a channel is off by less than a step of the palette, and what stands still does not flicker.
/// Times are rounded to hundredths of a second, at least two, because browsers slow down what claims to be faster.
void write_gif(const std::filesystem::path& path, const at::Tensor& frames, int64_t milliseconds);

/// Writes an animated PNG (PNG, third edition, W3C 2025), which is exact. A reader that knows no animation sees a
/// picture of the first frame.
void write_apng(const std::filesystem::path& path, const at::Tensor& frames, int64_t milliseconds);

}  // namespace gan
