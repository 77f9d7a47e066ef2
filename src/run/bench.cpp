#include "gan/run/bench.h"

#include <algorithm>
#include <functional>
#include <iomanip>
#include <numeric>
#include <sstream>
#include <utility>

#include "gan/base/stop.h"
#include "gan/base/temporary_folder.h"
#include "gan/base/text.h"
#include "gan/device/device.h"
#include "gan/device/device_clock.h"
#include "gan/device/peak.h"
#include "gan/run/trainer.h"

namespace gan {

namespace {

constexpr int64_t kWarmUp = 5;  // steps of each kind; kernels are chosen and memory is taken in them

/// "100 steps" or "1 epoch".
std::string interval_text(const Every& every) {
  const std::string unit = every.epochs ? "epoch" : "step";
  return every.count == 1 ? "each " + unit : "each " + to_text(every.count) + " " + unit + "s";
}

/// Steps in an interval; 0 for never.
double steps_of(const Every& every, int64_t steps_per_epoch) {
  return static_cast<double>(every.count * (every.epochs ? steps_per_epoch : 1));
}

/// Where the time of training goes, in seconds.
struct StepTimes {
  int64_t steps = 0;    ///< that were timed
  double step = 0;      ///< a step, taken as a run takes it
  NamedNumbers pieces;  ///< of a step, one after the other
};

double seconds_of(c10::Device device, const std::function<void()>& act) {
  const double start = device_seconds(device);
  act();
  return device_seconds(device) - start;
}

/// Seconds a step, over so many cycles after so many of warm-up.
double time_cycles(Trainer& trainer, int64_t warm_up, int64_t cycles) {
  const int64_t cycle = trainer.training().cycle(), steps = cycles * cycle;
  const auto take = [&](int64_t count) {
    for (int64_t i = 0; i < count && !stop_signal(); ++i) trainer.take_step();
  };
  take(warm_up * cycle);
  return seconds_of(trainer.device(), [&] { take(steps); }) / static_cast<double>(steps);
}

/// The pieces of a step, each with its mean time over so many steps.
NamedNumbers time_pieces(Trainer& trainer, int64_t steps) {
  NamedNumbers sums;
  double last = device_seconds(trainer.device());
  const auto lap = [&](const std::string& piece) {
    const double now = device_seconds(trainer.device());
    auto sum = std::ranges::find(sums, piece, &NamedNumbers::value_type::first);
    if (sum == sums.end()) sum = sums.emplace(sums.end(), piece, 0);
    sum->second += (now - std::exchange(last, now)) / static_cast<double>(steps);
  };
  for (int64_t i = 0; i < steps && !stop_signal(); ++i) trainer.take_step(lap);
  return sums;
}

StepTimes time_steps(Trainer& trainer, double seconds) {
  const int64_t cycle = trainer.training().cycle();
  const double first = time_cycles(trainer, kWarmUp, 1);
  const auto cycles = std::max<int64_t>(3, static_cast<int64_t>(seconds / 2 / first) / cycle);
  StepTimes times{.steps = cycles * cycle, .step = time_cycles(trainer, 0, cycles)};
  times.pieces = time_pieces(trainer, times.steps);
  return times;
}

std::string giga(double operations) {
  return fixed_text(operations / 1e9, operations < 1e11 ? 1 : 0);
}

std::string percent(double share) {
  return fixed_text(100 * share, 0) + " %";
}

/// A row of the table: a piece, its milliseconds and its share of a step.
std::string row(const std::string& part, double seconds, double step, const std::string& remark = "") {
  std::ostringstream out;
  out << std::left << std::setw(24) << part << std::right << std::setw(10) << fixed_text(seconds * 1e3, 3)
      << std::setw(9) << fixed_text(100 * seconds / step, 2) << " %" << remark << '\n';
  return out.str();
}

std::string parts_text(const StepTimes& times, int64_t batch_size) {
  std::ostringstream out;
  out << std::left << std::setw(24) << "part" << std::right << std::setw(10) << "ms" << std::setw(11) << "share\n";
  for (const auto& [piece, seconds] : times.pieces) out << row(piece, seconds, times.step);
  const auto rate = static_cast<int64_t>(static_cast<double>(batch_size) / times.step);
  out << row("step", times.step, times.step, "   " + to_text(rate) + " images/s");
  return out.str();
}

std::string tasks_text(const std::vector<TaskTime>& tasks, double step, int64_t steps_per_epoch) {
  std::string text;
  double all = 0;
  for (const auto& [task, every, seconds] : tasks) {
    const double steps = steps_of(every, steps_per_epoch);
    if (steps == 0) continue;
    text +=
        row(task, seconds / steps, step, "   " + interval_text(every) + ": " + fixed_text(seconds * 1e3, 1) + " ms");
    all += seconds / steps;
  }
  return text + row("all", all, step);
}

std::string peak_text(double operations, double step, const Peak& peak) {
  const double rate = operations / step;
  return "operations a step, as the layers define them " + giga(operations) + " GFLOP; kernels may take fewer\n" +
         "a second                                     " + giga(rate) + " GFLOP/s\n" +
         "share of the best rate of this machine       " + percent(rate / peak.rate) + " of " + giga(peak.rate) + ", " +
         peak.of + "\n";
}

}  // namespace

std::string bench(const Options& options, const Dataset& data, double seconds) {
  Trainer trainer(options, data);
  trainer.judge_by(Evaluator::of(options.data, data.shape(), options.preparation));
  const TemporaryFolder temporary("gan-bench");
  const RunFolder folder = RunFolder::create(temporary.path() / "run", options.recipe);
  Progress progress({}, /*quiet=*/true);
  std::vector<TaskTime> tasks;
  StepTimes times;
  try {
    tasks = trainer.time_tasks(folder, progress);
    times = time_steps(trainer, seconds);
  } catch (const Stopped&) {
  }
  if (stop_signal()) return "";
  const Peak peak = measure_peak(options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat, trainer.device());
  return options.recipe + ", batches of " + to_text(options.batch_size) + ", " + to_text(options.precision) + ", " +
         device_text(trainer.device()) + "; " + to_text(times.steps) + " steps\n\n" +
         parts_text(times, options.batch_size) + "\nspread over the steps between\n" +
         tasks_text(tasks, times.step, steps_per_epoch(options, data.size())) + "\n" +
         peak_text(trainer.training().operations(), times.step, peak);
}

Precision quicker_precision(const Options& options, const Dataset& data) {
  const auto seconds = [&](Precision precision) {
    Options tried = options;
    tried.precision = precision;
    Trainer trainer(tried, data);
    return time_cycles(trainer, /*warm_up=*/4, /*cycles=*/4);  // on a GPU the fourth step is recorded
  };
  try {
    const double single = seconds(Precision::fp32);
    return seconds(Precision::bf16) < 0.95 * single ? Precision::bf16 : Precision::fp32;
  } catch (const std::exception&) {  // it diverged, or there is no bf16 here; if fp32 fails, too, the run will say so
    return Precision::fp32;
  }
}

}  // namespace gan
