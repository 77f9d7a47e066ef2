#include "gan/models/make_model.h"

#include "gan/models/gan.h"
#include "gan/networks/architecture.h"

namespace gan {

/// The one switch over the names of models.
std::unique_ptr<Model> make_model(const ModelOptions& options, ImageShape images, Budget& budget) {
  require_image_shape(options.network.arch, images);
  switch (options.model) {
    case ModelKind::gan:
      return std::make_unique<Gan>(options, images, budget);
  }
  TORCH_CHECK(false, "make_model: unknown model");
}

}  // namespace gan
