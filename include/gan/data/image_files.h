#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "gan/data/preparation.h"

namespace gan {

using TakeNote = std::function<void(const std::string& note)>;

/// Reads images from an IDX file (see idx.h), a NumPy file (.npy), a picture (pictures.h), or a folder, zip or tar file
/// of pictures in the order of their names. Reports other files among them to `note`. Returns uint8 [N, C, H, W].
/// Without a preparation, pictures have one size, and none has transparent pixels: no background suits all. Throws
/// Error.
at::Tensor read_images(const std::filesystem::path& path, const TakeNote& note = {},
                       const std::optional<Preparation>& preparation = {});

}  // namespace gan
