// Speed that does not hang on the machine: what a step of training calls, reads back and allocates.
#include <ATen/record_function.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include "gan/base/random.h"
#include "gan/training/recipes.h"
#include "gan/training/training.h"
#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

constexpr int kCycle = 4;  // steps: at each fourth one `dcgan` has a penalty

/// The most that kCycle steps may take: 5 to 10 % above what they took when this was written. Lower them with what is
/// won.
struct Limit {
  const char* recipe;
  int64_t operations;   ///< calls of LibTorch's operators, those within others included
  int64_t read_backs;   ///< numbers waited for: the loss, and for each tensor that fused Adam moves its count of steps
  int64_t allocations;  ///< of tensors' memory
};
constexpr Limit kLimits[] = {
    // recipe, operations, read-backs, allocations
    // Adam with --epsilon-hat (dcgan-wide, mlp, mlp-smooth) moves each tensor in a call of its own.
    {"dcgan", 7080, 171, 1880},         {"dcgan-wide", 5050, 100, 1072},
    {"upconv", 4950, 4, 1080},          {"mlp", 2950, 72, 720},
    {"mlp-smooth", 3000, 72, 752},      {"faces", 5300, 108, 1250},
    {"stacked-mnist", 5250, 110, 1250}, {"cgan", 5850, 112, 1360},
    {"infogan", 7150, 124, 1790},       {"bigan", 8050, 174, 1890},
    {"aae", 5442, 174, 1239},           {"lapgan", 17100, 259, 4100},
};

struct Counts {
  int64_t operations = 0, read_backs = 0, allocations = 0, bytes = 0;
  int64_t peak_bytes = 0;  ///< at once, beside what was there at the start
  int64_t left_bytes = 0;  ///< beside what was there at the start
  bool operator==(const Counts&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Counts& c) {
  return out << c.operations << " operations, " << c.read_backs << " read-backs, " << c.allocations
             << " allocations of " << c.bytes << " bytes, " << c.peak_bytes << " at once, " << c.left_bytes << " left";
}

/// Counts for its thread, as long as it lives.
class Counter {
 public:
  Counter() : memory_(std::make_shared<Memory>()), guard_(c10::DebugInfoKind::PROFILER_STATE, memory_) {
    counts() = {};
    handle_ =
        at::addThreadLocalCallback(at::RecordFunctionCallback(&Counter::called).scopes({at::RecordScope::FUNCTION}));
  }
  ~Counter() { at::removeCallback(handle_); }
  Counter(const Counter&) = delete;

  /// Since the last call.
  Counts take() {
    Counts taken = std::exchange(counts(), {});
    taken.peak_bytes = std::exchange(memory_->peak, memory_->alive) - before_;
    taken.left_bytes = memory_->alive - std::exchange(before_, memory_->alive);
    return taken;
  }

 private:
  struct Memory : c10::MemoryReportingInfoBase {
    int64_t alive = 0, peak = 0;

    bool memoryProfilingEnabled() const override { return true; }
    void reportMemoryUsage(void*, int64_t size, size_t, size_t, c10::Device) override {
      alive += size;
      peak = std::max(peak, alive);
      if (size <= 0) return;
      ++counts().allocations;
      counts().bytes += size;
    }
  };

  static Counts& counts() {
    static thread_local Counts counts;
    return counts;
  }
  static std::unique_ptr<at::ObserverContext> called(const at::RecordFunction& function) {
    ++counts().operations;
    if (std::string_view(function.name()) == "aten::_local_scalar_dense") ++counts().read_backs;
    return nullptr;
  }

  int64_t before_ = 0;
  std::shared_ptr<Memory> memory_;
  c10::DebugInfoGuard guard_;
  at::CallbackHandle handle_;
};

Options small(const std::string& recipe) {
  Options options = find_recipe(recipe).options;
  options.batch_size = 2;
  options.network.base_channels = 4;
  return options;
}

Dataset synthetic(int64_t images, bool labelled) {
  constexpr int64_t kDifferent = 100;
  Dataset data{at::randint(0, 256, {kDifferent, 1, 28, 28}, at::kByte).repeat({images / kDifferent, 1, 1, 1}), {}};
  if (labelled) data.labels = at::arange(images).remainder(10).to(at::kByte);
  return data;
}

/// What each step of a new training takes, the first ones left out.
std::vector<Counts> count(const std::string& recipe, int64_t images, int steps) {
  const test::Threads one(1);
  seed_default_generators(2);
  const Options options = small(recipe);
  const Dataset data = synthetic(images, reads_labels(options.model));
  Counter counter;
  Training training(options, data, Budget::of_run());
  constexpr int kWarmUp = kCycle;
  std::vector<Counts> counts;
  for (int i = 0; i < kWarmUp + steps; ++i) {
    training.take_step();
    EXPECT_TRUE(training.losses_are_finite());
    counts.push_back(counter.take());
  }
  return {counts.begin() + kWarmUp, counts.end()};
}

TEST(StepOfARecipe, CallsAndAllocatesNoMoreThanItsLimit) {
  for (const Limit& limit : kLimits) {
    Counts counts;
    for (const Counts& step : count(limit.recipe, 100, kCycle)) {
      counts.operations += step.operations;
      counts.read_backs += step.read_backs;
      counts.allocations += step.allocations;
    }
    SCOPED_TRACE(testing::Message() << limit.recipe << ": " << counts);
    EXPECT_LE(counts.operations, limit.operations);
    EXPECT_LE(counts.read_backs, limit.read_backs);
    EXPECT_LE(counts.allocations, limit.allocations);
  }
}

TEST(StepOfARecipe, TakesNoMoreTheLongerItTrains) {
  for (const Limit& limit : kLimits) {
    SCOPED_TRACE(limit.recipe);
    const auto counts = count(limit.recipe, 100, 30);  // less than a pass: the next one draws an order
    int64_t left_bytes = 0;  // of a cycle: a penalty has no gradient for D's last bias, so a single step may leave some
    for (int i = 0; i < kCycle; ++i) left_bytes += counts[i].left_bytes;
    EXPECT_EQ(left_bytes, 0);
    for (size_t i = kCycle; i < counts.size(); ++i) EXPECT_EQ(counts[i], counts[i % kCycle]) << "step " << i;
  }
}

TEST(StepOfARecipe, TakesNoMoreOfManyImagesThanOfFew) {
  for (const Limit& limit : kLimits) {
    SCOPED_TRACE(limit.recipe);
    EXPECT_EQ(count(limit.recipe, 100'000, kCycle), count(limit.recipe, 100, kCycle));
  }
}

TEST(Counts, OfAllRecipesHaveALimit) {
  std::vector<std::string> limited, all;
  for (const Limit& limit : kLimits) limited.emplace_back(limit.recipe);
  for (const Recipe& recipe : recipes()) all.push_back(recipe.name);
  EXPECT_EQ(limited, all);
}

TEST(Counts, SeeACallAReadBackAndAnAllocation) {
  const at::Tensor one = at::ones({1000});
  Counter counter;
  { const at::Tensor two = at::neg(one), three = at::neg(two); }
  const Counts sums = counter.take();
  EXPECT_EQ(sums.operations, 2);
  EXPECT_EQ(sums.allocations, 2);
  EXPECT_GE(sums.bytes, 8000);
  EXPECT_GE(sums.peak_bytes, 8000);
  EXPECT_LT(sums.peak_bytes, 12000);
  EXPECT_EQ(sums.left_bytes, 0);
  EXPECT_EQ(one[3].item<float>(), 1);
  const at::Tensor left = at::neg(one);
  const Counts last = counter.take();
  EXPECT_EQ(last.read_backs, 1);
  EXPECT_GE(last.left_bytes, 4000);
}

}  // namespace
}  // namespace gan
