#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <string>

namespace gan {

using TakeNote = std::function<void(const std::string& note)>;

/// Reads images from an IDX file (see idx.h), a NumPy file (.npy), or a folder of PNG pictures (png.h) of one size, in
/// the order of their names. Returns uint8 [N, C, H, W], C = 1 or 3; C = 3 if any picture has colours.
/// Skips other files in a folder, and reports those that are not hidden to `note`. Throws Error.
at::Tensor read_images(const std::filesystem::path& path, const TakeNote& note = {});

}  // namespace gan
