#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "gan/data/dataset.h"
#include "gan/metrics/classifier.h"

namespace gan {

/// Trains a classifier on images with labels, on the CPU, with the same result each time on one machine: Adam 2e-3,
/// batches of 128, each shifted by up to two pixels in each direction; the result is the moving average of the weights.
/// Throws Error if labels are missing.
Classifier train_classifier(const std::string& name, const Dataset& train, const Dataset& test, int64_t epochs);

/// Hears of each step of a training: `done` of `all`.
using TellSteps = std::function<void(int64_t done, int64_t all)>;

/// Throws Error unless there are 500 images, enough for train_own_classifier.
void require_images_to_judge_by(const Dataset& train);

/// Trains a classifier of images that have no test images, in 600 steps or 20 epochs; `accuracy` is that on the
/// training images. With labels it learns those. Without, its classes are groups of like images (metrics/clusters.h),
/// 50 or fewer, which it finds among the images shrunk to 16 pixels, and its name ends in "_clusters". Throws Error for
/// fewer than 500 images, sizes that the network does not take, and if all labels or all images are alike.
Classifier train_own_classifier(const std::string& name, const Dataset& train, const TellSteps& tell = {});

/// The dictionary {"name", "image_shape", "classes", "accuracy", "sha256", "weights"}, the last a state_dict, and for
/// one of transposed images "transposed". Throws Error if the file exists: scores by
/// different classifiers do not compare.
void write_classifier(const std::filesystem::path& path, const Classifier& classifier);
Classifier read_classifier(const std::filesystem::path& path);  ///< on the CPU; throws Error

/// Throws Error unless the classifier was trained with the same --transpose.
void require_orientation(const Classifier& classifier, bool transpose);

/// The path of a data set's own classifier: in its folder, or beside its file, "cifar-classifier.pt".
std::filesystem::path classifier_path(const std::filesystem::path& data);

/// The name of a data set, as the names of scores begin: "data/Fashion-MNIST/" is fashion_mnist, "faces.zip" faces.
std::string data_name(const std::filesystem::path& data);

}  // namespace gan
