#pragma once

#include <filesystem>

#include "gan/data/dataset.h"

namespace gan {

/// Reads a NumPy archive: uint8 images [N, H, W], [N, C, H, W] or [N, H, W, C], and labels [N] or [N, 1] where it has
/// any. Names as Keras has them: x_train, y_train, x_test, y_test; or train_images, ...; or images and labels, which
/// are the training split. Throws Error.
Dataset read_npz(const std::filesystem::path& path, Split split);

/// Whether it has test images.
bool has_test_arrays(const std::filesystem::path& path);

/// CIFAR-10's binary files (A. Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"): records of a
/// label and 3 x 32 x 32 bytes. Whether it is one by its name and size; whether a folder has any of the split.
bool is_cifar(const std::filesystem::path& file);
bool has_cifar(const std::filesystem::path& folder, Split split);

/// Reads one file, or those of the split in a folder: data_batch_1.bin to data_batch_5.bin, or test_batch.bin. Throws
/// Error.
Dataset read_cifar(const std::filesystem::path& path, Split split);

}  // namespace gan
