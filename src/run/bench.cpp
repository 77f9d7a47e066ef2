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

constexpr int64_t kWarmUp = 5;  // steps of each kind in which kernels are chosen and memory is taken

/// "100 steps" or "1 epoch".
std::string interval_text(const Every& every) {
  const std::string unit = every.epochs ? "epoch" : "step";
  return every.count == 1 ? "each " + unit : "each " + to_text(every.count) + " " + unit + "s";
}

/// Steps between two times, 0 for never.
double steps_of(const Every& every, int64_t steps_per_epoch) {
  return static_cast<double>(every.count * (every.epochs ? steps_per_epoch : 1));
}

/// Adds up the time of each part, from the end of the one before it.
class Laps {
 public:
  explicit Laps(c10::Device device) : device_(device), last_(now()) {}

  void end(const std::string& part) {
    auto sum = std::find_if(sums_.begin(), sums_.end(), [&](const auto& one) { return one.first == part; });
    if (sum == sums_.end()) sum = sums_.emplace(sums_.end(), part, 0);
    const double time = now();
    sum->second += time - std::exchange(last_, time);
  }
  const std::vector<std::pair<std::string, double>>& sums() const { return sums_; }

  double of(const std::function<void()>& act) {
    last_ = now();
    act();
    return now() - last_;
  }

 private:
  double now() const { return device_seconds(device_); }

  c10::Device device_;
  double last_;
  std::vector<std::pair<std::string, double>> sums_;
};

std::string giga(double operations) {
  return fixed_text(operations / 1e9, operations < 1e11 ? 1 : 0);
}

std::string percent(double share) {
  return fixed_text(100 * share, 0) + " %";
}

/// A part, its milliseconds and its share of a step.
std::string row(const std::string& part, double seconds, double step, const std::string& remark = "") {
  std::ostringstream out;
  out << std::left << std::setw(24) << part << std::right << std::setw(10) << fixed_text(seconds * 1e3, 3)
      << std::setw(9) << fixed_text(100 * seconds / step, 2) << " %" << remark << '\n';
  return out.str();
}

std::string parts_text(const StepTimes& times, int64_t batch_size) {
  std::ostringstream out;
  out << std::left << std::setw(24) << "part" << std::right << std::setw(10) << "ms" << std::setw(11) << "share\n";
  for (const auto& [part, seconds] : times.parts) out << row(part, seconds, times.step);
  const auto rate = static_cast<int64_t>(static_cast<double>(batch_size) / times.step);
  out << row("step", times.step, times.step, "   " + to_text(rate) + " images/s");
  return out.str();
}

std::string outputs_text(const StepTimes& times, const Options& options, int64_t steps_per_epoch) {
  struct Output {
    const char* name;
    Every every;
    double seconds;
  };
  std::string text;
  double all = 0;
  for (const Output& output :
       {Output{"metrics", options.log_every, times.log}, Output{"grid", options.sample_every, times.grid},
        Output{"evaluation", options.eval_every, times.eval},
        Output{"checkpoint", options.checkpoint_every, times.checkpoint}}) {
    const double steps = steps_of(output.every, steps_per_epoch);
    if (steps == 0) continue;
    const std::string remark = "   " + interval_text(output.every) + ": " + fixed_text(output.seconds * 1e3, 1) + " ms";
    text += row(output.name, output.seconds / steps, times.step, remark);
    all += output.seconds / steps;
  }
  return text + row("all", all, times.step);
}

std::string peak_text(double operations, double step, const Peak& peak) {
  const double rate = operations / step;
  return "operations a step, counted from the layers   " + giga(operations) + " GFLOP\n" +
         "a second                                     " + giga(rate) + " GFLOP/s\n" +
         "share of a large matrix product's rate       " + percent(rate / peak.product) + " of " + giga(peak.product) +
         "\nshare of a large convolution's rate          " + percent(rate / peak.convolution) + " of " +
         giga(peak.convolution) + "\n";
}

}  // namespace

std::string bench(const Options& options, const Dataset& data, double seconds) {
  Trainer trainer(options, data);
  trainer.judge_by(Evaluator::of(options.data, data.shape(), options.transpose));
  const TemporaryFolder temporary("gan-bench");
  const RunFolder folder = RunFolder::create(temporary.path() / "run", options.recipe);
  Progress progress({}, /*quiet=*/true);
  StepTimes times;
  try {
    times = trainer.time_parts(folder, progress, kWarmUp, seconds);
  } catch (const Stopped&) {
  }
  if (stop_signal()) return "";
  const Peak peak = measure_peak(options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat, trainer.device());
  return options.recipe + ", batches of " + to_text(options.batch_size) + ", " + to_text(options.precision) + ", " +
         device_text(trainer.device()) + "; " + to_text(times.steps) + " steps\n\n" +
         parts_text(times, options.batch_size) + "\nspread over the steps between\n" +
         outputs_text(times, options, steps_per_epoch(options, data.size())) + "\n" +
         peak_text(trainer.operations(), times.step, peak);
}

StepTimes Trainer::time_parts(const RunFolder& folder, Progress& progress, int64_t warm_up, double seconds) {
  begin(folder, progress);
  StepTimes times{.step = time_cycles(warm_up, 1)};
  const auto cycles = std::max<int64_t>(3, static_cast<int64_t>(seconds / 2 / times.step) / cycle());
  times.step = time_cycles(0, cycles);
  times.steps = cycles * cycle();

  Laps laps(device_);
  for (int64_t i = 0; i < times.steps && !stop_signal(); ++i) {
    const Batch batch = batches_.next();
    laps.end("batch");
    for (const Turn& turn : model_->turns()) {
      if (!turn.every.due(step_ + 1, 1)) continue;
      const at::Tensor loss = stepper_->play(turn, batch);
      laps.end(turn.name + " forward");
      stepper_->differentiate(turn, loss);
      laps.end(turn.name + " backward");
      stepper_->move(turn);
      laps.end(turn.name + " optimizer");
    }
    average_.follow();
    laps.end("average");
    advance(batch);
    laps.end("losses looked at");
  }
  for (const auto& [part, sum] : laps.sums()) times.parts.emplace_back(part, sum / static_cast<double>(times.steps));
  times.log = laps.of(log_.act);
  times.grid = laps.of(sample_.act);
  attempt(eval_, eval_.act);  // the first reads the test images
  times.eval = laps.of([&] { attempt(eval_, eval_.act); });
  times.checkpoint = laps.of(save_.act);
  return times;
}

double Trainer::time_cycles(int64_t warm_up, int64_t cycles) {
  const int64_t steps = cycles * cycle();
  for (int64_t i = 0; i < warm_up * cycle() && !stop_signal(); ++i) take_step();
  return Laps(device_).of([&] {
    for (int64_t i = 0; i < steps && !stop_signal(); ++i) take_step();
  }) / static_cast<double>(steps);
}

int64_t Trainer::cycle() const {
  int64_t steps = 1;
  for (const Turn& turn : model_->turns()) steps = std::lcm(steps, turn.every.count);
  return steps;
}

double Trainer::operations() const {
  double operations = 0;
  for (const Turn& turn : model_->turns()) {
    operations += model_->operations(turn) / static_cast<double>(turn.every.count);
  }
  return operations * static_cast<double>(options_.batch_size);
}

Precision quicker_precision(const Options& options, const Dataset& data) {
  const auto seconds = [&](Precision precision) {
    Options tried = options;
    tried.precision = precision;
    return Trainer(tried, data).time_cycles(/*warm_up=*/4, /*cycles=*/4);  // on a GPU the fourth step is recorded
  };
  try {
    const double single = seconds(Precision::fp32);
    return seconds(Precision::bf16) < 0.95 * single ? Precision::bf16 : Precision::fp32;
  } catch (const std::exception&) {  // diverged, or bf16 cannot be had here; what fp32 cannot do the run will say
    return Precision::fp32;
  }
}

}  // namespace gan
