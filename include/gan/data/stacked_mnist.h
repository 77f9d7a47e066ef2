#pragma once

#include <cstdint>
#include <string>

#include "gan/data/dataset.h"

namespace gan {

// Stacked MNIST, a data set for counting modes (Srivastava et al. 2017, arXiv:1705.07761; made as by Lin et al. 2018,
// arXiv:1712.04086). Each channel of an RGB image is a random digit, so there are 1000 modes.

inline constexpr int64_t kStackedImages = 128'000;  ///< to train on
inline constexpr int64_t kStackedSamples = 26'000;  ///< to judge

// The value of --data for stacked MNIST is "stacked-mnist:FOLDER", with the folder of the digits.
bool is_stacked(const std::string& data);
std::string digits_of_stacked(const std::string& data);  ///< FOLDER
std::string stacked_of(const std::string& digits);       ///< the value for a folder

/// `count` stacked images of `digits`, uint8 [N, 3, H, W], without labels. The seed decides which digits are drawn.
Dataset stack_digits(const Dataset& digits, int64_t count, uint64_t seed);

}  // namespace gan
