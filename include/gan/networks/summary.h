#pragma once

#include <string>

#include "gan/networks/network.h"

namespace gan {

/// A table in the style of Keras: each layer with its type, output shape and number of parameters, then the totals.
/// `input` is the shape of one example, without the batch.
std::string summary(const std::string& title, const Network& network, at::IntArrayRef input);

}  // namespace gan
