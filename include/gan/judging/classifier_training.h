#pragma once

#include <filesystem>
#include <string>

#include "gan/data/dataset.h"
#include "gan/metrics/classifier.h"

namespace gan {

/// Trains a classifier on images with labels, on the CPU, with the same result each time on one machine: Adam 2e-3,
/// batches of 128, each shifted by up to two pixels in each direction; the result is the moving average of the weights.
/// Throws Error if labels are missing.
Classifier train_classifier(const std::string& name, const Dataset& train, const Dataset& test, int64_t epochs);

/// The dictionary {"name", "image_shape", "classes", "accuracy", "sha256", "weights"}, the last a state_dict, and for
/// one of transposed images "transposed". Throws Error if the file exists: scores by
/// different classifiers do not compare.
void write_classifier(const std::filesystem::path& path, const Classifier& classifier);
Classifier read_classifier(const std::filesystem::path& path);  ///< on the CPU; throws Error

/// Throws Error unless the classifier was trained with the same --transpose.
void require_orientation(const Classifier& classifier, bool transpose);

/// The path of the classifier of the data set in a folder.
std::filesystem::path classifier_path(const std::filesystem::path& data);

/// The name of the data set in a folder, as the names of scores begin: "data/Fashion-MNIST/" is fashion_mnist.
std::string data_name(const std::filesystem::path& folder);

}  // namespace gan
