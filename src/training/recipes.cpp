#include "gan/training/recipes.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "gan/base/text.h"

namespace gan {

namespace {

void set_optimizers(Options& o, const OptimizerOptions& both) {
  o.g_optimizer = o.d_optimizer = both;
}

/// Adam with Keras's defaults.
OptimizerOptions keras_adam(double learning_rate = 1e-3, double beta1 = 0.9) {
  return {.kind = OptimizerKind::adam,
          .learning_rate = learning_rate,
          .beta1 = beta1,
          .beta2 = 0.999,
          .epsilon = 1e-7,
          .epsilon_hat = true};
}

/// `dcgan` of version 0.1.0, on which the recipes below were tuned.
Options shallow_dcgan() {
  Options o;
  o.network = {.arch = Arch::dcgan, .base_channels = 16, .minibatch_std = true, .init = Init::dcgan};
  o.game = {.label_smoothing = 0.1, .fresh_noise = false, .r1 = 0.3, .penalty_every = 4};
  o.ema = 0.9998;
  set_optimizers(o, {.kind = OptimizerKind::adam, .learning_rate = 2e-3, .beta1 = 0});
  o.batch_size = 64;
  o.epochs = 30;
  return o;
}

Recipe dcgan() {
  Options o = shallow_dcgan();
  o.network.depth = 1;
  o.network.d_norm_last = false;
  set_optimizers(o,
                 {.kind = OptimizerKind::adam, .learning_rate = 2e-3, .decay_after = 2000, .beta1 = 0, .beta2 = 0.99});
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
  return {"mlp-smooth", "mlp with smoothed labels and a faster G: fragile", o};
}

Recipe faces() {
  Options o = shallow_dcgan();
  o.data = "data/faces";
  o.preparation.framing.side = 64;
  o.preparation.colors = Colors::rgb;
  o.mirror = true;
  o.network.base_channels = 32;
  o.epochs = 70;  // of 7,500 pictures: an hour on two cores
  o.sample_every = o.eval_every = o.checkpoint_every = {500};
  return {"faces", "dcgan for pictures of faces: 64 pixels, RGB, mirrored", o, true};
}

Recipe stacked_mnist() {
  Options o = shallow_dcgan();
  o.data = "stacked-mnist:data/mnist";
  o.network.base_channels = 32;
  o.g_optimizer.learning_rate = o.d_optimizer.learning_rate = 5e-4;  // with more, D sees one colour only
  return {"stacked-mnist", "dcgan for the 1000 modes of stacked MNIST", o, true};
}

/// The same as another family.
Options family(ModelKind model) {
  Options o = shallow_dcgan();
  o.model = model;
  return o;
}

Recipe cgan() {
  Options o = family(ModelKind::cgan);
  o.grid = {10, 10};
  return {"cgan", "dcgan with labels: a digit can be asked for", o, true};
}

Recipe infogan() {
  Options o = family(ModelKind::infogan);
  o.latent.size = 62;
  o.code.code_information = 0.1;
  o.grid = {10, 10};
  return {"infogan", "dcgan that finds ten categories and two codes by itself", o, true};
}

Recipe bigan() {
  Options o = family(ModelKind::bigan);
  o.latent = {.size = 16, .noise = Noise::uniform};
  set_optimizers(o, {.kind = OptimizerKind::adam, .learning_rate = 1e-3, .beta1 = 0.5});
  return {"bigan", "dcgan with an encoder: images back to latents", o, true};
}

Recipe aae() {
  Options o = family(ModelKind::aae);
  o.latent.size = 32;
  o.game.r1 = 0.1;
  o.ema = 0.997;  // an average over longer joins an encoder and a decoder of different times
  set_optimizers(o, {.kind = OptimizerKind::adam, .learning_rate = 1e-3, .beta1 = 0.5});
  return {"aae", "autoencoder whose latents fill a normal distribution", only_read(o), true};
}

Recipe lapgan() {
  Options o = family(ModelKind::lapgan);
  o.network.init = Init::xavier;
  o.network.minibatch_discrimination = {16, 4};
  o.game.r1 = 0.03;
  set_optimizers(o, {.kind = OptimizerKind::adam, .learning_rate = 1e-3, .beta1 = 0.5});
  return {"lapgan", "from 7 to 14 to 28 pixels, a GAN for each step", o, true};
}

}  // namespace

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> table = [] {
    std::vector<Recipe> rows{dcgan(),         dcgan_wide(), upconv(),  mlp(),   mlp_smooth(), faces(),
                             stacked_mnist(), cgan(),       infogan(), bigan(), aae(),        lapgan()};
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

namespace {

constexpr int kFlagWidth = 19, kLongFlagWidth = 26, kColumnWidth = 12, kLineWidth = 78;

/// Options by name, each with its value in every one of the recipes; "-" where that does not read it.
std::vector<std::pair<std::string, std::vector<std::string>>> rows_of(const std::vector<Recipe>& recipes) {
  std::vector<std::pair<std::string, std::vector<std::string>>> rows;
  for (const auto& recipe : recipes) {
    each_option(recipe.options, [&, row = size_t{0}](const auto& field, const OptionInfo& info) mutable {
      if (row == rows.size()) rows.emplace_back(info.flag, std::vector<std::string>());
      rows[row++].second.push_back(info.reader.reads ? to_text(field) : "-");
    });
  }
  return rows;
}

/// What a recipe changes of another one, in lines that fit a screen.
std::string difference(const Recipe& from, const Recipe& recipe) {
  std::ostringstream out;
  out << std::left << std::setw(kFlagWidth) << recipe.name;
  int64_t column = kFlagWidth;
  for (const auto& [flag, values] : rows_of({from, recipe})) {
    if (flag == "recipe" || values[0] == values[1] || values[1] == "-") continue;
    const std::string change = flag + " " + values[1];
    if (column > kFlagWidth && column + std::ssize(change) + 2 > kLineWidth) {
      out << ",\n" << std::string(kFlagWidth, ' ');
      column = kFlagWidth;
    }
    out << (column > kFlagWidth ? ", " : "") << change;
    column += std::ssize(change) + 2;
  }
  return out.str() + "\n";
}

}  // namespace

std::string recipe_table() {
  std::ostringstream out, in_all, variants;
  out << std::left, in_all << std::left;
  std::vector<Recipe> columns;
  for (const auto& recipe : recipes()) {
    out << std::setw(kFlagWidth) << recipe.name << recipe.about << '\n';
    recipe.varies_dcgan ? void(variants << difference(recipes().front(), recipe)) : columns.push_back(recipe);
  }
  out << '\n';
  for (const auto& [flag, values] : rows_of(columns)) {
    if (std::ranges::count(values, "-") == std::ssize(values)) continue;  // a family's
    const bool alike = std::ranges::count(values, values.front()) == std::ssize(values);
    alike ? in_all << std::setw(kLongFlagWidth) << flag : out << std::setw(kFlagWidth) << flag;
    if (alike) {
      in_all << values.front() << '\n';
      continue;
    }
    for (const auto& value : values) out << std::setw(&value == &values.back() ? 0 : kColumnWidth) << value;
    out << '\n';
  }
  return out.str() + "\nIn all of these\n" + in_all.str() + "\nAs " + recipes().front().name + ", but for\n" +
         variants.str();
}

}  // namespace gan
