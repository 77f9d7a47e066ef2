#include "gan/models/make_model.h"

#include "gan/base/error.h"
#include "gan/base/text.h"
#include "gan/models/aae.h"
#include "gan/models/bigan.h"
#include "gan/models/cgan.h"
#include "gan/models/gan.h"
#include "gan/models/infogan.h"
#include "gan/models/lapgan.h"
#include "gan/networks/architecture.h"

namespace gan {

bool reads_labels(ModelKind model) {
  return model == ModelKind::cgan;
}

void require_data(const ModelOptions& options, const DataShape& data) {
  const std::string expected = options.model == ModelKind::lapgan ? lapgan_refusal(data.images) : "";
  if (!expected.empty()) {
    throw Error("--model lapgan makes " + expected + "; the data has " + to_text(data.images));
  }
  require_image_shape(options.network.arch, data.images);
  if (reads_labels(options.model) && data.classes == 0) {
    throw Error("--model " + to_text(options.model) + " learns from labels; the data has none",
                "sub-folders of pictures are classes; other data has train-labels-idx1-ubyte beside its images");
  }
}

/// The one switch over the names of models.
std::unique_ptr<Model> make_model(const ModelOptions& options, const DataShape& data, Budget& budget) {
  require_data(options, data);
  switch (options.model) {
    case ModelKind::gan:
      return std::make_unique<Gan>(options, data.images, budget);
    case ModelKind::cgan:
      return std::make_unique<Cgan>(options, data, budget);
    case ModelKind::infogan:
      return std::make_unique<InfoGan>(options, data.images, budget);
    case ModelKind::bigan:
      return std::make_unique<BiGan>(options, data.images, budget);
    case ModelKind::aae:
      return std::make_unique<Aae>(options, data.images, budget);
    case ModelKind::lapgan:
      return std::make_unique<Lapgan>(options, data.images, budget);
  }
  TORCH_CHECK(false, "make_model: unknown model");
}

}  // namespace gan
