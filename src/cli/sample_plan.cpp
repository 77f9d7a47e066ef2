#include "gan/cli/sample_plan.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <iostream>

#include "gan/base/error.h"
#include "gan/base/text.h"
#include "gan/data/image_files.h"
#include "gan/data/npy.h"
#include "gan/images/pixels.h"
#include "gan/sampling/projection.h"
#include "gan/sampling/queries.h"

namespace gan {

namespace {

/// "frame-007", with as many digits for each, so that the names sort.
std::function<std::string(int64_t)> numbered(const std::string& what, int64_t count) {
  const size_t digits = to_text(count - 1).size();
  return [=](int64_t i) {
    const std::string number = to_text(i);
    return what + "-" + std::string(digits - number.size(), '0') + number;
  };
}

/// "5, 9, 12"
std::string list_of(const std::vector<int64_t>& numbers) {
  std::vector<std::string> words;
  for (const int64_t number : numbers) words.push_back(to_text(number));
  return joined(words, ", ");
}

/// The values as numbers: a class's name is its number. A name may have commas, so all values may be one.
std::vector<double> numbers_of(const LatentPart& part, const std::vector<std::string>& values) {
  const std::string whole = joined(values, ",");
  if (values.size() > 1 && std::ranges::find(part.class_names, whole) != part.class_names.end()) {
    return numbers_of(part, {whole});
  }
  std::vector<double> numbers;
  for (const std::string& value : values) {
    const auto named = std::ranges::find(part.class_names, value);
    const bool is_name = named != part.class_names.end();
    double number = 0;
    if (is_name) {
      number = static_cast<double>(named - part.class_names.begin());
    } else if (!parse_text(value, number)) {
      throw Error("expected " + (part.class_names.empty() ? "numbers" : listed(part.class_names) + " or numbers") +
                      ", got '" + value + "'",
                  did_you_mean(value, part.class_names));
    }
    numbers.push_back(number);
  }
  return numbers;
}

LatentChanges changes_of(const SampleCommand& command, const LatentSpace& space) {
  LatentChanges changes{.truncation = command.truncation, .parts = {}};
  if (changes.truncation) with_context("--truncation", [&] { space.truncated(at::zeros({1, space.size()}), 1); });
  for (const auto& part : command.parts) {
    with_context(part.flag, [&] {
      changes.parts.push_back({part.name, space.values(part.name, numbers_of(space.find(part.name), part.values))});
    });
    if (command.nice && changes.parts.back().values.size(0) > 1) {
      throw Error(part.flag + ": --nice compares samples of one " + part.name);
    }
  }
  return changes;
}

/// The rows of --latents. Throws Error unless they are latents of the model.
at::Tensor read_rows(const SampleCommand& command, const LatentSpace& space) {
  at::Tensor rows = with_context("--latents", [&] { return read_npy_numbers(command.latents); });
  if (rows.dim() != 2 || rows.size(0) == 0 || rows.size(1) != space.size()) {
    std::vector<std::string> sizes;
    for (const int64_t size : rows.sizes()) sizes.push_back(to_text(size));
    throw Error("--latents: " + command.latents + ": expected rows of " + to_text(space.size()) + " numbers, got " +
                (sizes.empty() ? "a single number" : joined(sizes, "x")));
  }
  if (!at::isfinite(rows).all().item<bool>()) {
    throw Error("--latents: " + command.latents + ": expected finite numbers");
  }
  return rows;
}

/// The latents of --interpolate and --arithmetic: those of seeds, or rows of the file.
at::Tensor rows_named(const SampleCommand& command, const LatentSpace& space, const LatentChanges& changes) {
  const auto count = static_cast<int64_t>(command.rows.size());
  if (command.latents.empty()) return latents_of_seeds(space, command.rows, changes).rows(0, count);
  const at::Tensor all = read_rows(command, space);
  for (const int64_t row : command.rows) {
    if (row >= all.size(0)) {
      throw Error("--latents: " + command.latents + " has the rows 0 to " + to_text(all.size(0) - 1) + ", not " +
                  to_text(row));
    }
  }
  return latents_of_rows(space, all.index_select(0, at::tensor(command.rows)), changes).rows(0, count);
}

/// The latents of the first seeds, or the first rows of the file, `most` of them.
at::Tensor rows_in_turn(const SampleCommand& command, const LatentSpace& space, const LatentChanges& changes,
                        int64_t most) {
  if (command.latents.empty()) return latents_of_seeds(space, seeds_from(command.seed, most), changes).rows(0, most);
  const at::Tensor all = read_rows(command, space);
  return latents_of_rows(space, all, changes).rows(0, std::min(most, all.size(0)));
}

std::string rows_text(const SampleCommand& command) {
  return command.latents.empty() ? "seeds " : "rows of " + command.latents + ": ";
}

/// The flag that names the images.
std::string flag_of(Query query) {
  return query == Query::encode ? "--encode" : query == Query::reconstruct ? "--reconstruct" : "--project";
}

/// The images of the command, as the model takes them.
at::Tensor images_of(const SampleCommand& command, const TrainedModel& trained) {
  const auto note = [](const std::string& text) { std::cerr << "note: " << text << '\n'; };
  const ImageShape shape = trained.data.images;
  Preparation preparation = trained.options.preparation;
  preparation.colors = colors_of(shape.channels);
  preparation.bad_pictures = 0;
  const at::Tensor images = with_context(flag_of(command.query), [&] {
    const at::Tensor read = read_images(command.images, note, preparation);
    const ImageShape got{read.size(1), read.size(2), read.size(3)};
    if (got == shape) return read;
    throw Error(command.images + ": expected images of " + to_text(shape) + ", as the model makes, got " +
                to_text(got));
  });
  constexpr int64_t kPictured = 64;
  const bool pictured = command.format == SampleFormat::grid && command.count == 0;
  const int64_t most = pictured ? kPictured : command.count > 0 ? command.count : images.size(0);
  return images.narrow(0, 0, std::min(most, images.size(0)));
}

SamplePlan plan_of_seeds(SampleCommand command, const Model& model, const LatentChanges& changes) {
  const bool as_grid = command.format == SampleFormat::grid;
  const bool nothing_asked = command.grid.count() == 0 && command.count == 0 && changes.parts.empty() && !command.nice;
  if (as_grid && nothing_asked) command.grid = grid_of_classes(model.latents(), {});
  constexpr int64_t kSamples = 64;
  if (command.count == 0) command.count = command.grid.count() > 0 ? command.grid.count() : kSamples;
  if (command.grid.count() == 0) command.grid = square_grid(command.count);

  const bool full_grid = as_grid && command.count == command.grid.count();
  const std::vector<int64_t> seeds =
      command.nice ? nice_seeds(model, command.seed, command.count, command.nice_factor, command.nice_by, changes)
      : full_grid && changes.parts.empty() ? grid_seeds(model.latents(), command.seed, command.grid)
                                           : seeds_from(command.seed, command.count);
  return {.latents = latents_of_seeds(model.latents(), seeds, changes),
          .grid = command.grid,
          .name = [seeds](int64_t i) { return "seed-" + to_text(seeds[static_cast<size_t>(i)]); },
          .title = seeds_text(seeds),
          .originals = {}};
}

SamplePlan plan_of_rows(const SampleCommand& command, const Model& model, const LatentChanges& changes) {
  const at::Tensor all = read_rows(command, model.latents());
  const int64_t wanted = command.count > 0 ? command.count : command.grid.count();
  if (command.count > all.size(0)) {
    throw Error("--count: " + command.latents + " has " + to_text(all.size(0)) + " rows");
  }
  const at::Tensor rows = all.narrow(0, 0, wanted > 0 ? std::min(wanted, all.size(0)) : all.size(0));
  return {.latents = latents_of_rows(model.latents(), rows, changes),
          .grid = command.grid,
          .name = numbered("row", rows.size(0)),
          .title = "rows 0 to " + to_text(rows.size(0) - 1) + " of " + command.latents,
          .originals = {}};
}

SamplePlan plan_of_walk(const SampleCommand& command, const Model& model, const LatentChanges& changes) {
  const LatentSpace& space = model.latents();
  const bool closed = is_animation(command.format);
  const at::Tensor rows = walk(space, rows_named(command, space, changes), command.frames, closed);
  return {.latents = latents_of_rows(space, rows),
          .grid = command.grid,
          .name = numbered("frame", rows.size(0)),
          .title = "from " + rows_text(command) + list_of(command.rows) + (closed ? " and back" : " in turn"),
          .originals = {}};
}

SamplePlan plan_of_sum(const SampleCommand& command, const Model& model, const LatentChanges& changes) {
  const LatentSpace& space = model.latents();
  const at::Tensor rows = with_sum(space, rows_named(command, space, changes), command.weights);
  std::string sum;
  for (size_t i = 0; i < command.rows.size(); ++i) {
    const char* sign = command.weights[i] < 0 ? "-" : i == 0 ? "" : "+";
    sum += (i == 0 ? "" : " ") + std::string(sign) + (i == 0 ? "" : " ") + to_text(command.rows[i]);
  }
  return {.latents = latents_of_rows(space, rows),
          .grid = {1, rows.size(0)},
          .name = numbered("term", rows.size(0)),
          .title = rows_text(command) + list_of(command.rows) + " and " + sum,
          .originals = {}};
}

/// Rows that lie as samples x columns, in the order of an animation that goes there and, unless it shows classes, back.
at::Tensor as_frames(const at::Tensor& rows, int64_t samples, int64_t columns, bool classes) {
  std::vector<int64_t> order;
  const int64_t frames = classes || columns < 3 ? columns : 2 * columns - 2;
  for (int64_t frame = 0; frame < frames; ++frame) {
    const int64_t column = frame < columns ? frame : frames - frame;
    for (int64_t sample = 0; sample < samples; ++sample) order.push_back(sample * columns + column);
  }
  return rows.index_select(0, at::tensor(order));
}

SamplePlan plan_of_traversal(const SampleCommand& command, const Model& model, const LatentChanges& changes) {
  constexpr GridShape kGrid{10, 11}, kFrame{4, 4};
  const LatentSpace& space = model.latents();
  const bool given = command.grid.count() > 0, moves = is_animation(command.format);
  const GridShape frame = given ? command.grid : kFrame;
  const auto classes = with_context("--traverse", [&] { return classes_on(space, command.traverse); });
  const int64_t there = command.frames / 2 + 1;  // of the frames, of which the rest lead back
  const int64_t columns = moves   ? classes.value_or(there)
                          : given ? command.grid.columns
                                  : classes.value_or(kGrid.columns);
  const int64_t samples = moves ? frame.count() : given ? command.grid.rows : kGrid.rows;
  const at::Tensor rows = rows_in_turn(command, space, changes, samples);
  const at::Tensor all = with_context("--traverse", [&] { return traversal(space, rows, command.traverse, columns); });
  const std::string index = command.traverse.index ? "[" + to_text(*command.traverse.index) + "]" : "";
  const std::string from =
      command.latents.empty() ? seeds_text(seeds_from(command.seed, rows.size(0))) : "rows of " + command.latents;
  const at::Tensor shown = moves ? as_frames(all, rows.size(0), columns, classes.has_value()) : all;
  return {.latents = latents_of_rows(space, shown),
          .grid = {rows.size(0), columns},
          .name = numbered("sample", shown.size(0)),
          .title = from + ", " + command.traverse.part + index + " from " + to_text(command.traverse.from) + " to " +
                   to_text(command.traverse.to),
          .frame = moves ? (rows.size(0) == frame.count() ? frame : square_grid(rows.size(0))) : GridShape{1, 1},
          .originals = {}};
}

/// Images above their samples.
SamplePlan plan_of_pairs(const at::Tensor& originals, const at::Tensor& latents, const Model& model,
                         const std::string& title) {
  constexpr int64_t kColumns = 16;
  const int64_t count = originals.size(0), columns = std::min(kColumns, count);
  return {.latents = latents_of_rows(model.latents(), latents),
          .grid = {.rows = 2 * ((count + columns - 1) / columns), .columns = columns},
          .name = numbered("image", count),
          .title = title,
          .originals = originals};
}

void require_encoder(const SampleCommand& command, const Model& model) {
  const std::string flag = flag_of(command.query);
  if (model.encodes() == Encodes::nothing) {
    throw Error(flag + ": this model has no encoder", "--project finds latents for any generator");
  }
  if (command.query == Query::reconstruct && model.encodes() != Encodes::latents) {
    throw Error("--reconstruct: this model reads codes off images, not latents",
                "--project finds latents for any generator");
  }
}

SamplePlan plan_of_reconstructions(const SampleCommand& command, const TrainedModel& trained) {
  const Model& model = *trained.model;
  const at::Tensor images = images_to_encode(command, trained);
  return plan_of_pairs(images, model.encode(to_pixels(images)), model, "reconstructions of " + command.images);
}

SamplePlan plan_of_projections(const SampleCommand& command, const TrainedModel& trained, const LatentChanges& changes,
                               const TellCount& tell) {
  const Model& model = *trained.model;
  const at::Tensor images = images_of(command, trained);
  const Projection found = project(model, images, command.seed, changes, tell);
  const std::string error = fixed_text(found.errors.mean().item<double>(), 4),
                    largest = fixed_text(found.errors.max().item<double>(), 4);
  return plan_of_pairs(images, found.latents, model,
                       "nearest to " + command.images + ", mean squared error " + error + ", at most " + largest);
}

}  // namespace

at::Tensor images_to_encode(const SampleCommand& command, const TrainedModel& trained) {
  require_encoder(command, *trained.model);
  return images_of(command, trained);
}

SamplePlan plan_of(const SampleCommand& command, const TrainedModel& trained, const TellCount& tell) {
  const Model& model = *trained.model;
  const LatentChanges changes = changes_of(command, model.latents());
  switch (command.query) {
    case Query::samples:
      return command.latents.empty() ? plan_of_seeds(command, model, changes) : plan_of_rows(command, model, changes);
    case Query::interpolate:
      return plan_of_walk(command, model, changes);
    case Query::arithmetic:
      return plan_of_sum(command, model, changes);
    case Query::traverse:
      return plan_of_traversal(command, model, changes);
    case Query::reconstruct:
      return plan_of_reconstructions(command, trained);
    case Query::project:
      return plan_of_projections(command, trained, changes, tell);
    case Query::encode:
    case Query::film:
    case Query::explore:
      break;
  }
  TORCH_CHECK(false, "plan_of: not a query for samples");
}

}  // namespace gan
