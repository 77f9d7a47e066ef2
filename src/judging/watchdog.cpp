#include "gan/judging/watchdog.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "gan/base/text.h"

namespace gan {

namespace {

constexpr int64_t kLogs = 10;  // in a row, as the lines say

/// Whether D's mean scores say that it separates real images from samples almost perfectly; `label` is its target for
/// real images. With a G that is good enough D(G(z)) is above 0.01.
bool far_apart(Loss loss, double label, double real, double fake) {
  switch (loss) {
    case Loss::nonsaturating:
    case Loss::minimax:
      return real > 0.8 * label && fake < 0.005;
    case Loss::lsgan:
      return real > 0.8 * label && std::abs(fake) < 0.01;
    case Loss::hinge:
      return real > 1.5 && fake < -1.5;  // beyond its margins on both sides, so that D's loss is 0
    case Loss::relativistic:
      return real - fake > 8;  // s of that is 0.9997
    case Loss::wasserstein:
      return false;  // a distance, which the loss does not bound
  }
  TORCH_CHECK(false, "far_apart: unknown loss");
}

bool nearly_equal(const NamedNumbers& a, const NamedNumbers& b) {
  return !a.empty() && std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && std::abs(x.second - y.second) <= 1e-6 * std::abs(x.second);
  });
}

std::string fault(const std::string& seen, const std::string& help) {
  return seen + "; " + help + " usually helps";
}

}  // namespace

bool Watchdog::becomes(const char* fault, bool seen, int64_t patience) {
  auto count = std::ranges::find(in_a_row_, fault, &std::pair<std::string, int64_t>::first);
  if (count == in_a_row_.end()) count = in_a_row_.emplace(count, fault, 0);
  count->second = seen ? count->second + 1 : 0;
  return count->second == patience;
}

std::vector<std::string> Watchdog::logged(const NamedNumbers& losses) {
  std::vector<std::string> faults;
  const auto real = find(losses, "d_real"), fake = find(losses, "d_fake");
  if (real && fake && becomes("d has won", far_apart(loss_, label_, *real, *fake), kLogs)) {
    const std::string scores = "D(x) " + fixed_text(*real, 3) + ", D(G(z)) " + fixed_text(*fake, 3);
    faults.push_back(
        fault("D is too strong, so G learns little: for 10 logs it told real images from samples, " + scores,
              "a smaller --d-lr"));
  }
  if (becomes("losses are flat", nearly_equal(last_losses_, losses), kLogs)) {
    faults.push_back(fault("the losses have not changed for 10 logs", "a larger --lr, or another --init or --seed,"));
  }
  last_losses_ = losses;
  return faults;
}

std::vector<std::string> Watchdog::looked_at(double spread) {
  const bool dead = spread < 0.05 && (largest_spread_ == 0 || spread <= largest_spread_);
  if (spread > largest_spread_) largest_spread_ = spread;
  if (!becomes("grids are one image", dead, 5)) return {};
  return {fault("G is dead: all samples of 5 grids are one image", "a smaller --lr or another --seed")};
}

std::vector<std::string> Watchdog::evaluated(const NamedNumbers& scores, double spread) {
  std::vector<std::string> faults;
  if (becomes("g is dead", spread < 0.02, 3)) {
    faults.push_back(
        fault("G is dead: all samples of 3 evaluations are one image", "a smaller --lr or another --seed"));
  }
  const auto& [name, distance] = scores.front();
  const bool falls = smallest_distance_ == 0 || distance < smallest_distance_;
  const double missing = find(scores, "missing_classes").value_or(0);
  if (becomes("classes are missing", missing > fewest_missing_ || (missing > 0 && !falls), 3)) {
    const std::string what = to_text(static_cast<int64_t>(missing)) + (missing == 1 ? " class has" : " classes have");
    faults.push_back(
        fault(what + " been missing from the samples in 3 evaluations", "a smaller --lr or a larger --batch-size"));
  }
  fewest_missing_ = std::min(fewest_missing_, missing);
  const double pairwise = find(scores, "pairwise_distance").value_or(0);
  if (becomes("samples are alike", pairwise < 0.6 * largest_pairwise_, 2)) {
    const std::string from_to = "from " + fixed_text(largest_pairwise_, 2) + " to " + fixed_text(pairwise, 2);
    faults.push_back(fault("mode collapse: the mean distance between samples fell " + from_to, "a smaller --lr"));
  }
  largest_pairwise_ = std::max(largest_pairwise_, pairwise);

  if (becomes("samples are worse", smallest_distance_ > 0 && distance > 2 * smallest_distance_, 5)) {
    const std::string now = name + " " + fixed_text(distance, 2) + ", it was " + fixed_text(smallest_distance_, 2);
    faults.push_back(fault("the samples are getting worse: " + now + " once, in g-best.pt", "a smaller --lr"));
  }
  if (falls) smallest_distance_ = distance;
  return faults;
}

Dict Watchdog::state() const {
  Dict in_a_row, losses;
  for (const auto& [fault, count] : in_a_row_) in_a_row.set(fault, count);
  for (const auto& [name, value] : last_losses_) losses.set(name, value);
  return {{{"in_a_row", in_a_row},
           {"last_losses", losses},
           {"largest_pairwise", largest_pairwise_},
           {"smallest_distance", smallest_distance_},
           {"largest_spread", largest_spread_},
           {"fewest_missing", fewest_missing_}}};
}

void Watchdog::load(const Dict& state) {
  in_a_row_.clear();
  last_losses_.clear();
  const Dict &in_a_row = state.get<Dict>("in_a_row"), &losses = state.get<Dict>("last_losses");
  for (const auto& [fault, count] : in_a_row.items) in_a_row_.emplace_back(fault, in_a_row.get<int64_t>(fault));
  for (const auto& [name, value] : losses.items) last_losses_.emplace_back(name, losses.get<double>(name));
  largest_pairwise_ = state.get<double>("largest_pairwise");
  smallest_distance_ = state.get<double>("smallest_distance");
  const Watchdog fresh(loss_, label_);
  largest_spread_ = state.contains("largest_spread") ? state.get<double>("largest_spread") : fresh.largest_spread_;
  fewest_missing_ = state.contains("fewest_missing") ? state.get<double>("fewest_missing") : fresh.fewest_missing_;
}

}  // namespace gan
