#pragma once

#include <cstdint>
#include <string>

#include "gan/data/dataset.h"

namespace gan {

/// Stacked MNIST, the data set that counts modes (Srivastava et al. 2017, arXiv:1705.07761, as Lin et al. 2018,
/// arXiv:1712.04086, code it): each channel of an RGB image is a digit drawn at random, so that there are 1000 modes.
inline constexpr int64_t kStackedImages = 128'000, kStackedSamples = 26'000;  ///< to train on, to judge

/// Whether --data names it, as "stacked-mnist:FOLDER", the folder of its digits, and back.
bool is_stacked(const std::string& data);
std::string digits_of_stacked(const std::string& data);
std::string stacked_of(const std::string& digits);

/// `count` such images of `digits`, uint8 [N, 3, H, W], without labels: the same ones for a seed.
Dataset stack_digits(const Dataset& digits, int64_t count, uint64_t seed);

}  // namespace gan
