#include "gan/judging/judging.h"

#include <algorithm>
#include <utility>

#include "gan/base/text.h"

namespace gan {

namespace {

/// The mean over pixels of their standard deviation over images.
double spread(const at::Tensor& images) {
  return at::std(images.to(at::kFloat), 0).mean().item<double>();
}

}  // namespace

Judging::Judging(const GameOptions& game, at::Tensor real_images)
    : game_(game), real_images_(std::move(real_images)), watchdog_(fresh_watchdog()) {}

Watchdog Judging::fresh_watchdog() const {
  return Watchdog(game_.loss, 1 - game_.label_smoothing);
}

Verdict Judging::judge(const at::Tensor& samples) {
  const std::string ruler = evaluator_->sha256() + ", " + to_text(samples.size(0)) + " samples";
  if (best_.ruler != ruler) {
    best_ = {.ruler = ruler};
    restart_watchdog();
  }
  Verdict verdict;
  for (const auto& [name, estimate] : evaluator_->evaluate(samples)) {
    verdict.scores.emplace_back(name, estimate.value);
  }
  const double distance = verdict.scores.front().second;
  best_.last_distance = distance;
  verdict.best = best_.step < 0 || distance < best_.distance;
  verdict.faults = watchdog_.evaluated(verdict.scores, relative_spread(samples));
  return verdict;
}

void Judging::keep(const Verdict& verdict, int64_t step) {
  best_.step = step;
  best_.name = verdict.scores.front().first;
  best_.distance = verdict.scores.front().second;
}

std::vector<std::string> Judging::drawn(const at::Tensor& samples) {
  if (samples.size(0) < 2) return {};  // one image has no spread
  return watchdog_.looked_at(relative_spread(samples));
}

double Judging::relative_spread(const at::Tensor& samples) {
  constexpr int64_t kEnough = 1000;  // images, from all of the data, which may be sorted
  if (!real_spread_) {
    const int64_t count = real_images_.size(0);
    real_spread_ = spread(real_images_.slice(0, 0, count, std::max<int64_t>(1, count / kEnough)));
  }
  return spread(samples) / *real_spread_;
}

Dict Judging::state() const {
  return {{{"best", Dict{{{"step", best_.step},
                          {"distance", best_.distance},
                          {"name", best_.name},
                          {"ruler", best_.ruler},
                          {"last_distance", best_.last_distance}}}},
           {"watchdog", watchdog_.state()}}};
}

void Judging::load(const Dict& state) {
  if (!state.contains("best")) return;  // from before anything was judged
  const Dict& best = state.get<Dict>("best");
  best_ = {.step = best.get<int64_t>("step"),
           .distance = best.get<double>("distance"),
           .name = best.get<std::string>("name"),
           .ruler = best.get<std::string>("ruler"),
           .last_distance = best.get<double>("last_distance")};
  watchdog_.load(state.get<Dict>("watchdog"));
}

}  // namespace gan
