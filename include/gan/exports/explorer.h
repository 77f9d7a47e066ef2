#pragma once

#include <string>

#include "gan/models/model.h"

namespace gan {

/// A page that holds the model's generator and runs it in the browser, without anything from elsewhere: for seeds,
/// which draw what gan-sample draws, classes and codes, and along the directions in z on which the response of G's
/// first layer varies most (GANSpace: Haerkoenen et al. 2020, arXiv:2004.02546): for a layer that is linear in z these
/// are the right singular vectors of its weights. `about` is a line below the title. Throws Error if seeds of the model
/// are drawn by mt19937, as those of old files are.
std::string explorer_page(const Model& model, const std::string& title, const std::string& about);

}  // namespace gan
