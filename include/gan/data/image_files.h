#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <string>

namespace gan {

using TakeNote = std::function<void(const std::string& note)>;

/// Images from whatever holds them: an IDX file (see idx.h), a NumPy file (.npy), or a folder of PNG pictures (png.h)
/// of one size, in the order of their names. uint8 [N, C, H, W], C of 1 or 3, and of 3 if one picture is in colour.
/// What a folder holds besides is passed over, and told `note` unless it is hidden. Throws Error.
at::Tensor read_images(const std::filesystem::path& path, const TakeNote& note = {});

}  // namespace gan
