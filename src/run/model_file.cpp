#include "gan/run/model_file.h"

#include <algorithm>

#include "gan/base/error.h"
#include "gan/base/gan_file.h"
#include "gan/base/text.h"
#include "gan/networks/layer_list.h"

namespace gan {

namespace {

std::string key_of(const Part& part, WeightsKind weights) {
  return part.averaged && weights == WeightsKind::raw ? part.name + "_raw" : part.name;
}

/// What memory the file may ask for: no more than the numbers it holds itself.
Budget budget_of(const Dict& file) {
  int64_t numbers = 0;
  for (const auto& [key, value] : file.items) {
    const Dict* state = std::get_if<Dict>(&value);
    if (state != nullptr && !key.ends_with("_raw")) numbers += count_numbers(*state);
  }
  return Budget::of_file(numbers);
}

/// What a damaged file would draw is black, or nothing like it.
void require_finite(const Part& part) {
  for (const auto& [name, value] : state_dict(part.network).items) {
    if (at::isfinite(std::get<at::Tensor>(value)).all().item<bool>()) continue;
    throw Error("the weights of '" + part.name + "' are not finite: " + name);
  }
}

Dict with_floats_as(at::ScalarType type, const Dict& state) {
  Dict converted;
  for (const auto& [name, value] : state.items) {
    const auto& tensor = std::get<at::Tensor>(value);
    converted.set(name, tensor.is_floating_point() ? tensor.to(type) : tensor);
  }
  return converted;
}

/// The classes of labels, which are bytes; 0 where there are none.
int64_t classes_in(const Dict& file) {
  const int64_t classes = file.contains("classes") ? count_in(file, "classes") : 0;
  if (classes > 256) throw Error("'classes': expected at most 256, got " + to_text(classes));
  return classes;
}

/// Older files have none.
std::vector<std::string> class_names_in(const Dict& file) {
  if (!file.contains("class_names")) return {};
  std::vector<std::string> names = texts_in(file, "class_names");
  if (std::ssize(names) != classes_in(file)) {
    throw Error("'class_names': expected " + to_text(classes_in(file)) + ", got " + to_text(std::ssize(names)));
  }
  std::ranges::transform(names, names.begin(), printable);
  return names;
}

}  // namespace

void write_model(const std::filesystem::path& path, const Training& training) {
  Dict file{{{"options", to_dict(training.options())},
             {"image_shape", image_shape_to_dict(training.data().images)},
             {"step", training.step()},
             {"latent_generator", to_text(training.model().latents().generator())},
             {"sha256", weights_sha256(training)}}};
  if (training.data().classes > 0) file.set("classes", training.data().classes);
  if (!training.data().class_names.empty()) file.set("class_names", to_list(training.data().class_names));
  Dict layers;
  for (const Part& part : training.model().parts()) {
    layers.set(part.name, to_value(layer_list(part.network)));
    file.set(part.name, training.averaged_state(part));
    if (part.averaged) file.set(key_of(part, WeightsKind::raw), state_dict(part.network));
  }
  file.set("layers", layers);  // for other programs: we make networks of the options
  write_gan_file(path, GanFile::generator, file);
}

TrainedModel read_model(const std::filesystem::path& path, WeightsKind weights) {
  const Dict file = read_gan_file(path, GanFile::generator);
  return with_context(path.string(), [&] { return model_from_dict(file, weights); });
}

TrainedModel model_from_dict(const Dict& file, WeightsKind weights) {
  TrainedModel trained{
      .options = options_from_dict(file.get<Dict>("options")),
      .data = {image_shape_from_dict(file.get<Dict>("image_shape")), classes_in(file), class_names_in(file)},
      .step = file.get<int64_t>("step")};
  Budget budget = budget_of(file);
  trained.model = make_model(trained.options, trained.data, budget);
  trained.model->latents().set_generator(latent_generator_of(file));
  for (const Part& part : trained.model->parts()) {
    const std::string key = key_of(part, weights);
    if (weights == WeightsKind::raw && !file.contains(key) && file.contains(part.name)) {
      throw Error("holds no last weights of '" + part.name + "', only their average", "leave --weights out");
    }
    load_state_dict(part.network, file.get<Dict>(key));
    require_finite(part);
  }
  return trained;
}

Dict small_copy(const Dict& file) {
  const TrainedModel trained = model_from_dict(file);
  Dict small;
  std::vector<Dict> averaged;
  for (const auto& [key, value] : file.items) {
    const auto is_part = [&](const Part& part) { return part.name == key; };
    const auto part = std::ranges::find_if(trained.model->parts(), is_part);
    const bool own = key == "format" || key == "version" || key == "gan" || key == "libtorch";  // write_gan_file's
    if (own || key.ends_with("_raw")) continue;
    if (part == trained.model->parts().end()) {
      small.set(key, value);
      continue;
    }
    const Dict state = with_floats_as(at::kHalf, std::get<Dict>(value));
    for (const auto& [name, half] : state.items) {
      if (!at::isfinite(std::get<at::Tensor>(half)).all().item<bool>()) {
        throw Error("'" + key + "." + name + "' is too large for half precision");
      }
    }
    if (part->averaged) averaged.push_back(with_floats_as(at::kFloat, state));
    small.set(key, state);
  }
  const auto sha256 = std::ranges::find(small.items, "sha256", &std::pair<std::string, Value>::first);
  if (sha256 != small.items.end()) sha256->second = weights_sha256(averaged);
  return small;
}

Checkpoint as_checkpoint(const std::filesystem::path& path) {
  const Dict file = read_gan_file(path, GanFile::generator);
  return with_context(path.string(), [&] {
    const TrainedModel trained = model_from_dict(file);
    Dict parts, averages;
    for (const Part& part : trained.model->parts()) {
      const std::string raw = key_of(part, WeightsKind::raw);
      parts.set(part.name, file.get<Dict>(file.contains(raw) ? raw : part.name));
      if (part.averaged) {
        averages.set(part.name, Dict{{{"weights", file.get<Dict>(part.name)}, {"updates", trained.step}}});
      }
    }
    const Dict data{{{"image_shape", image_shape_to_dict(trained.data.images)}}};
    const Dict training{{{"step", trained.step}, {"parts", parts}, {"averages", averages}}};
    return Checkpoint{.path = path,
                      .options = trained.options,
                      .content = {{{"options", file.get<Dict>("options")}, {"data", data}, {"training", training}}},
                      .damaged = {}};
  });
}

std::string weights_sha256(const Training& training) {
  std::vector<Dict> states;
  for (const Part& part : training.model().parts()) {
    if (part.averaged) states.push_back(training.averaged_state(part));
  }
  return weights_sha256(states);
}

}  // namespace gan
