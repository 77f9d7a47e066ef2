#include "gan/run/tensorboard.h"

#include <algorithm>
#include <array>

#include "gan/base/file.h"

namespace gan {

namespace {

/// How far the run is, which TensorBoard has as the step.
bool is_progress(const std::string& name) {
  constexpr std::array<const char*, 4> kNames{"step", "epoch", "images_seen", "seconds"};
  return std::ranges::find(kNames, name) != kNames.end();
}

template <class Wanted>
const Wanted& value_of(const MetricsLog::Line& line, const std::string& name) {
  const auto found = std::ranges::find(line, name, &MetricsLog::Line::value_type::first);
  TORCH_CHECK(found != line.end(), "TensorBoard: expected a line with ", name);
  return std::get<Wanted>(found->second);
}

}  // namespace

void TensorBoard::add(const MetricsLog::Line& line) {
  const bool judged = value_of<std::string>(line, "kind") == "evaluation";
  const auto step = static_cast<int64_t>(value_of<double>(line, "step"));
  for (const auto& [name, value] : line) {
    const auto* number = std::get_if<double>(&value);
    if (number == nullptr || is_progress(name)) continue;
    events_.scalar(step, (judged ? "samples/" : "training/") + name, *number);
  }
}

void TensorBoard::add_grids(int64_t step) {
  for (const auto& [tag, file] :
       {std::pair{"samples", folder_.sample(step)}, std::pair{"reconstructions", folder_.reconstruction(step)}}) {
    if (std::filesystem::exists(file)) events_.image(step, tag, read_file(file));
  }
}

}  // namespace gan
