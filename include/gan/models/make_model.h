#pragma once

#include <array>
#include <memory>

#include "gan/base/choice.h"
#include "gan/models/game.h"
#include "gan/networks/budget.h"

namespace gan {

/// The families, each a file in this module.
enum class ModelKind { gan, cgan, infogan, bigan, aae, lapgan };
constexpr auto choices(ModelKind) {
  return std::array<Choice<ModelKind>, 6>{{{ModelKind::gan, "gan"},
                                           {ModelKind::cgan, "cgan"},
                                           {ModelKind::infogan, "infogan"},
                                           {ModelKind::bigan, "bigan"},
                                           {ModelKind::aae, "aae"},
                                           {ModelKind::lapgan, "lapgan"}}};
}

/// Whether the model learns from labels. Data is then read with them, and refused without.
bool reads_labels(ModelKind model);

/// What decides a model, besides the shape of its data.
struct ModelOptions {
  ModelKind model = ModelKind::gan;
  NetworkOptions network;
  LatentOptions latent;
  CodeOptions code;
  GameOptions game;
  bool stochastic_encoder = false;  ///< bigan: E gives a distribution for each image, as ALI's does
};

/// Throws Error if the model has no use for such data: images of another shape than its networks make (see
/// `require_image_shape`), or no labels.
void require_data(const ModelOptions& options, const DataShape& data);

/// A new model, on the CPU, in training mode, initialised from LibTorch's default CPU generator; its weights are paid
/// from the budget. Throws Error as `require_data` does, or if the budget does not suffice.
std::unique_ptr<Model> make_model(const ModelOptions& options, const DataShape& data, Budget& budget);

}  // namespace gan
