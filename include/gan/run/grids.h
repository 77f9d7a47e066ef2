#pragma once

#include "gan/data/dataset.h"
#include "gan/images/grid.h"
#include "gan/models/model.h"

namespace gan {

// The grids in a run's folder, beside those of samples.

/// real.png: images from all over the data; with labels and a row for each class, the first of each class.
Grid real_grid(const Dataset& data, GridShape shape);

/// reconstructions/: images from all over the data, a row of them above their reconstructions, about as many rows as
/// `shape` has. For a model that encodes latents.
Grid reconstructions_grid(const Model& model, const Dataset& data, GridShape shape);

}  // namespace gan
