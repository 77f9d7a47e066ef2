#pragma once

#include <array>
#include <memory>

#include "gan/base/choice.h"
#include "gan/models/game.h"
#include "gan/networks/budget.h"

namespace gan {

/// The families, each a file in this module.
enum class ModelKind { gan };
constexpr auto choices(ModelKind) {
  return std::array<Choice<ModelKind>, 1>{{{ModelKind::gan, "gan"}}};
}

/// What decides a model, besides the images' shape.
struct ModelOptions {
  ModelKind model = ModelKind::gan;
  NetworkOptions network;
  LatentOptions latent;
  GameOptions game;
};

/// A new model, on the CPU, in training mode, initialised from LibTorch's default CPU generator; its weights are paid
/// from the budget. Throws Error if the architecture cannot make such images (see `require_image_shape`) or the budget
/// does not suffice.
std::unique_ptr<Model> make_model(const ModelOptions& options, ImageShape images, Budget& budget);

}  // namespace gan
