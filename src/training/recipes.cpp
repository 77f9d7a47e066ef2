#include "gan/training/recipes.h"

#include <iomanip>
#include <sstream>

#include "gan/base/text.h"

namespace gan {

namespace {

void set_optimizers(Options& o, const OptimizerOptions& both) {
  o.g_optimizer = o.d_optimizer = both;
}

/// Keras's, which keeps its default for what is not given.
OptimizerOptions keras_adam(double learning_rate = 1e-3, double beta1 = 0.9) {
  return {.kind = OptimizerKind::adam,
          .learning_rate = learning_rate,
          .beta1 = beta1,
          .beta2 = 0.999,
          .epsilon = 1e-7,
          .epsilon_hat = true};
}

Recipe dcgan() {
  Options o;
  o.network = {.arch = Arch::dcgan, .base_channels = 16, .minibatch_std = true, .init = Init::dcgan};
  o.game = {.label_smoothing = 0.1, .fresh_noise = false, .r1 = 0.3, .penalty_every = 4};
  o.ema = 0.9998;
  set_optimizers(o, {.kind = OptimizerKind::adam, .learning_rate = 2e-3, .beta1 = 0});
  o.batch_size = 64;
  o.epochs = 30;
  return {"dcgan", "this project's own best for MNIST on a CPU", o};
}

Recipe dcgan_wide() {
  Options o;
  o.network = {.arch = Arch::dcgan,
               .base_channels = 64,
               .norm_eps = 1e-3,
               .norm_momentum = 0.01,
               .same_padding = true,
               .init = Init::xavier};
  o.latent.noise = Noise::uniform;
  o.game = {.label_smoothing = 0.1, .joined_batch = false, .fresh_noise = false};
  set_optimizers(
      o, {.kind = OptimizerKind::adam, .learning_rate = 1e-3, .beta1 = 0.5, .epsilon = 1e-8, .epsilon_hat = true});
  o.batch_size = 64;
  o.epochs = 10;
  o.log_every = {100};
  o.sample_every = {200};
  o.grid = {5, 5};
  return {"dcgan-wide", "a DCGAN four times as wide, with label smoothing", o};
}

Recipe upconv() {
  Options o;
  o.network = {.arch = Arch::upconv, .init = Init::xavier};
  o.network.norm_eps = 1e-3, o.network.norm_momentum = 0.01;  // as its networks have them
  o.latent.noise = Noise::uniform;
  o.game = {.joined_batch = true, .fresh_noise = true, .inferred_fakes = true};
  set_optimizers(o, {.kind = OptimizerKind::sgd, .learning_rate = 1e-3, .momentum = 0.9, .nesterov = true});
  o.batch_size = 128;
  o.sampling = Sampling::sequential;
  o.epochs = 30;
  o.sample_every = {100};
  return {"upconv", "the classic Keras pair: upsampling, tanh, SGD", o};
}

Recipe mlp() {
  Options o;
  o.network = {.arch = Arch::mlp, .dropout = 0.3, .init = Init::xavier};
  o.game = {.joined_batch = true, .fresh_noise = false};
  set_optimizers(o, keras_adam(2e-4, 0.5));
  o.batch_size = 128;
  o.sampling = Sampling::replacement;
  o.steps_per_epoch = 128;
  o.epochs = 400;
  o.log_every = {128};
  o.sample_every = o.eval_every = {.count = 10, .epochs = true};
  o.grid = {5, 5};
  o.checkpoint_every = {.count = 20, .epochs = true};
  return {"mlp", "fully connected, batches drawn with replacement", o};
}

Recipe mlp_smooth() {
  Options o = mlp().options;
  o.game.label_smoothing = 0.1;
  o.game.fresh_noise = true;
  o.network.dropout_last = false;
  o.g_optimizer = keras_adam();
  o.sample_every = {.count = 20, .epochs = true};
  o.grid = {10, 10};
  return {"mlp-smooth", "mlp with label smoothing, fresh noise for G, and G quicker than D: fragile", o};
}

}  // namespace

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> table = [] {
    std::vector<Recipe> rows{dcgan(), dcgan_wide(), upconv(), mlp(), mlp_smooth()};
    for (auto& row : rows) row.options.recipe = row.name;
    return rows;
  }();
  return table;
}

const Recipe& find_recipe(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& recipe : recipes()) {
    if (recipe.name == name) return recipe;
    names.push_back(recipe.name);
  }
  throw Error("--recipe: expected " + joined(names, "|") + ", got '" + name + "'", did_you_mean(name, names));
}

std::string recipe_table() {
  constexpr int kFlagWidth = 18, kColumnWidth = 15;
  std::ostringstream out;
  for (const auto& recipe : recipes()) out << std::left << std::setw(kFlagWidth) << recipe.name << recipe.about << '\n';
  std::vector<std::vector<std::string>> columns;
  std::vector<std::string> flags;
  for (const auto& recipe : recipes()) {
    auto& column = columns.emplace_back();
    each_option(recipe.options, [&](const auto& field, const OptionInfo& info) {
      if (columns.size() == 1) flags.push_back(info.flag);
      column.push_back(to_text(field));
    });
  }
  out << '\n';
  for (size_t row = 0; row < flags.size(); ++row) {
    out << std::left << std::setw(kFlagWidth) << flags[row];
    for (const auto& column : columns) out << std::setw(kColumnWidth) << column[row];
    out << '\n';
  }
  return out.str();
}

}  // namespace gan
