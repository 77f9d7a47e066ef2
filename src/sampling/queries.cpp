#include "gan/sampling/queries.h"

#include <cmath>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

namespace {

/// The part's column that moves. Throws Error.
int64_t column_of(const LatentPart& part, const Traverse& traverse) {
  if (!traverse.index && part.size > 1) {
    throw Error(part.name + " has " + to_text(part.size) + " numbers", part.name + "[0] is the first");
  }
  const int64_t index = traverse.index.value_or(0);
  if (index < 0 || index >= part.size) {
    throw Error("expected " + part.name + "[0] to " + part.name + "[" + to_text(part.size - 1) + "], got " + part.name +
                "[" + to_text(index) + "]");
  }
  return index;
}

}  // namespace

at::Tensor walk(const LatentSpace& space, const at::Tensor& stops, int64_t frames, bool closed) {
  at::Tensor of_one_class = stops;
  for (const LatentPart& part : space.parts()) {
    if (!part.noise) of_one_class = space.with(of_one_class, part.name, space.part(stops, part.name).narrow(0, 0, 1));
  }
  const int64_t legs = closed ? stops.size(0) : stops.size(0) - 1;
  const double steps = static_cast<double>(closed ? frames : frames - 1);
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < frames; ++i) {
    const double at = static_cast<double>(i * legs) / steps;
    const auto leg = static_cast<int64_t>(at);
    const at::Tensor last = of_one_class.narrow(0, leg, 1);
    const double t = at - static_cast<double>(leg);
    if (t == 0) {
      rows.push_back(last);  // to the bit
    } else {
      rows.push_back(
          space.interpolate(last, of_one_class.narrow(0, (leg + 1) % stops.size(0), 1), at::full({1}, t, at::kFloat)));
    }
  }
  return at::cat(rows);
}

at::Tensor with_sum(const LatentSpace& space, const at::Tensor& rows, const std::vector<double>& weights) {
  return at::cat({rows, space.combine(rows, weights)});
}

at::Tensor traversal(const LatentSpace& space, const at::Tensor& rows, const Traverse& traverse, int64_t columns) {
  const LatentPart& part = space.find(traverse.part);
  if (const auto classes = classes_on(space, traverse); classes && *classes != columns) {
    throw Error(part.name + " goes through " + to_text(*classes) + " classes, a column each, not " + to_text(columns));
  }
  std::vector<double> numbers;
  for (int64_t i = 0; i < columns; ++i) {
    const double way = columns > 1 ? static_cast<double>(i) / static_cast<double>(columns - 1) : 0;
    numbers.push_back(traverse.from + way * (traverse.to - traverse.from));
  }
  const at::Tensor repeated = rows.repeat_interleave(columns, 0);
  if (!part.noise) return space.with(repeated, part.name, space.values(part.name, numbers).repeat({rows.size(0), 1}));
  const at::Tensor values = space.part(repeated, part.name).clone();
  values.select(1, column_of(part, traverse)).copy_(at::tensor(numbers, at::kFloat).repeat({rows.size(0)}));
  return space.with(repeated, part.name, values);
}

std::optional<int64_t> classes_on(const LatentSpace& space, const Traverse& traverse) {
  const LatentPart& part = space.find(traverse.part);
  if (part.noise) {
    for (const double end : {traverse.from, traverse.to}) {
      if (!std::isfinite(static_cast<float>(end))) throw Error("too large a number: " + to_text(end));
    }
    return std::nullopt;
  }
  if (traverse.index) throw Error(part.name + " has classes: expected " + part.name + "=FROM:TO");
  space.values(part.name, {traverse.from, traverse.to});  // throws unless both are classes
  return static_cast<int64_t>(std::abs(traverse.to - traverse.from)) + 1;
}

}  // namespace gan
