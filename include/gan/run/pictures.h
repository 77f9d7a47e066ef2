#pragma once

#include "gan/data/dataset.h"
#include "gan/images/grid.h"
#include "gan/models/model.h"

namespace gan {

// What a run's pictures show, beside its grid of samples.

/// real.png: the data's first images; with labels and a row for each class, the first of each class.
Grid real_grid(const Dataset& data, GridShape shape);

/// reconstructions/: the data's first images, a row of them above their reconstructions, about as many rows as `shape`
/// has. For a model that encodes latents.
Grid reconstructions_grid(const Model& model, const Dataset& data, GridShape shape);

}  // namespace gan
