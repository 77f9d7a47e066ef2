#pragma once

#include <string>

#include "gan/networks/network.h"

namespace gan {

/// A table as Keras prints it: each layer with its kind, output shape and number of parameters, and the totals.
/// `input` is the shape of one example, without the batch.
std::string summary(const std::string& title, const Network& network, at::IntArrayRef input);

}  // namespace gan
