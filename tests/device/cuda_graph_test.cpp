// Steps that are recorded and repeated: with a stand-in for the recorder anywhere, and with CUDA graphs where there is
// a GPU.

#include "gan/device/cuda_graph.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include "gan/base/random.h"
#include "gan/device/device.h"
#include "gan/run/trainer.h"
#include "gan/run/verify_resume.h"
#include "gan/sampling/sampler.h"
#include "gan/training/recipes.h"
#include "gan/training/stepper.h"
#include "support/test.h"

namespace gan {
namespace {

const Dataset& digits() {
  static const Dataset data = load_dataset(test::mnist_tiny());
  return data;
}

Options small(const std::string& recipe) {
  Options options = find_recipe(recipe).options;
  options.network.base_channels = 4;
  options.batch_size = 8;
  return options;
}

/// A GAN that looks at a number in the middle of a turn, which no CUDA graph can do.
class ReadingGan : public Gan {
 public:
  using Gan::Gan;
  Outcome play(const Turn& turn, const Batch& batch) override {
    Outcome outcome = Gan::play(turn, batch);
    TORCH_CHECK(!std::isinf(outcome.loss.item<double>()));
    return outcome;
  }
};

/// What a trainer has for its steps, without its files.
template <class AnyGan = Gan>
struct Table {
  Options options;
  NetworkPair networks;
  AnyGan gan;
  std::vector<Optimizer> optimizers;
  Stepper stepper;
  Batches batches;
  int64_t step = 0;

  Table(const Options& given, at::Device device, const Recorder& recorder)
      : options(given),
        networks(networks_on(device)),
        gan(networks, options.game),
        optimizers{Optimizer(networks.generator, options.g_optimizer),
                   Optimizer(networks.discriminator, options.d_optimizer)},
        stepper(gan, optimizers, options.precision, recorder),
        batches(digits().to(device), options.batch_size, Sampling::epoch, 0) {}

  NetworkPair networks_on(at::Device device) const {
    seed_default_generators(1);
    NetworkPair pair = build_networks(options.network, digits().shape());
    move_to(pair.generator, device), move_to(pair.discriminator, device);
    return pair;
  }

  /// The weights, and then the losses of each step.
  std::string after(int64_t steps) {
    std::string losses;
    for (int64_t i = 0; i < steps; ++i) {
      stepper.take_turns(++step, batches.next());
      for (const auto& [name, value] : stepper.losses().values) losses += name + " " + to_text(value) + "\n";
    }
    return weights_sha256(networks.generator) + weights_sha256(networks.discriminator) + "\n" + losses;
  }
};

/// Does what was recorded by doing it again.
struct StandIn {
  std::shared_ptr<int> records = std::make_shared<int>(0), repetitions = std::make_shared<int>(0);

  std::function<void()> operator()(const std::function<void()>& work) const {
    ++*records;
    return [work, count = repetitions] { ++*count, work(); };
  }
};

Options with_d_steps(int64_t d_steps, bool fresh_noise) {
  Options options = small("dcgan");
  options.game.d_steps = d_steps, options.game.fresh_noise = fresh_noise;
  options.game.r1 = 0;  // two turns
  return options;
}

TEST(RecordedSteps, EndWhereStepsOneByOneEnd) {
  for (const int64_t d_steps : {1, 3}) {
    for (const bool fresh_noise : {true, false}) {
      const Options options = with_d_steps(d_steps, fresh_noise);
      const std::string expected = Table(options, at::kCPU, {}).after(14);
      EXPECT_EQ(Table(options, at::kCPU, StandIn()).after(14), expected) << d_steps << " " << fresh_noise;
    }
  }
}

TEST(RecordedSteps, WithAPenaltyNowAndThenEndWhereStepsOneByOneEnd) {
  const Options options = small("dcgan");
  ASSERT_GT(options.game.penalty_every, 1);
  const StandIn stand_in;
  EXPECT_EQ(Table(options, at::kCPU, stand_in).after(18), Table(options, at::kCPU, {}).after(18));
  EXPECT_EQ(*stand_in.records, 2);
}

TEST(RecordedSteps, BeginAfterThreeOfTheirKind) {
  const StandIn stand_in;
  Table table(with_d_steps(2, true), at::kCPU, stand_in);  // D, D and G, D, D and G, ...
  table.after(6);
  EXPECT_EQ(*stand_in.records, 0);
  table.after(2);
  EXPECT_EQ(*stand_in.records, 2);
  EXPECT_EQ(*stand_in.repetitions, 2);
  table.after(10);
  EXPECT_EQ(*stand_in.records, 2);
  EXPECT_EQ(*stand_in.repetitions, 12);
}

TEST(RecordedSteps, ThatCannotBeAreTakenOneByOneAndNotTriedAgain) {
  const Options options = with_d_steps(2, false);
  int tried = 0;
  const auto refuse = [&](const std::function<void()>&) { return ++tried, std::function<void()>(); };
  EXPECT_EQ(Table(options, at::kCPU, refuse).after(12), Table(options, at::kCPU, {}).after(12));
  EXPECT_EQ(tried, 1);
}

TEST(RecordedSteps, KeepTheLossesThatWereLoadedUntilTheirTurnComes) {
  const auto g_loss = [](const Stepper& stepper) { return stepper.losses().values.back().second; };
  Table table(with_d_steps(2, true), at::kCPU, StandIn());
  table.after(10);
  table.stepper.load({{{"d", Dict{{{"d_loss", 7.0}}}}, {"g", Dict{{{"g_loss", 9.0}}}}}});
  table.after(1);
  EXPECT_EQ(g_loss(table.stepper), 9);
  EXPECT_NE(table.stepper.losses().values.front().second, 7);
  table.after(1);
  EXPECT_NE(g_loss(table.stepper), 9);
}

TEST(RecordedSteps, TellOfALossThatIsNoNumberUntilOneLoadsWhatWasBefore) {
  Table table(small("dcgan"), at::kCPU, StandIn());
  table.after(5);
  const Dict before = table.stepper.state();
  Batch batch = table.batches.next();
  batch.images.fill_(std::numeric_limits<float>::infinity());
  table.stepper.take_turns(6, batch);
  EXPECT_FALSE(table.stepper.losses().finite);
  EXPECT_FALSE(table.stepper.losses_are_finite());
  table.stepper.load(before);
  EXPECT_TRUE(table.stepper.losses().finite);
}

/// Numbers that `act` copies one by one from the device.
template <class Act>
int read_backs(const Act& act) {
  static thread_local int count;
  count = 0;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback([](const at::RecordFunction& function) {
                                                   count +=
                                                       std::string_view(function.name()) == "aten::_local_scalar_dense";
                                                   return std::unique_ptr<at::ObserverContext>();
                                                 }).scopes({at::RecordScope::FUNCTION}));
  act();
  at::removeCallback(handle);
  return count;
}

TEST(Stepper, ReadsTheLossesBackAtOnce) {
  Table table(small("dcgan"), at::kCPU, {});
  table.after(1);
  EXPECT_EQ(read_backs([&] { table.stepper.losses_are_finite(); }), 1);
  EXPECT_EQ(read_backs([&] { EXPECT_EQ(table.stepper.losses().values.size(), 4u); }), 0);
  EXPECT_EQ(read_backs([&] { table.stepper.state(); }), 0);
}

TEST(Trainer, ReadsNothingBackForALineButTheLossesAtOnce) {
  Options options = small("dcgan");
  options.threads = 1, options.steps = 6, options.grid = {1, 1};
  options.sample_every = options.checkpoint_every = {0};
  const auto of_a_run = [&](const Every& log_every) {
    options.log_every = log_every;
    const test::TemporaryFolder folder;
    Trainer trainer(options, digits());
    Progress progress({}, /*quiet=*/true);
    return read_backs([&] { trainer.run(RunFolder::create(folder / "run", "x"), progress); });
  };
  EXPECT_EQ(of_a_run({1}), of_a_run({6}));
}

TEST(RecordedSteps, InACudaGraphNeedABuildWithCudaAndAGpu) {
  if (at::getNumGPUs() > 0) GTEST_SKIP() << "there is a GPU";
  EXPECT_THAT(test::error_of([] { record_cuda_graph([] {}); }), testing::HasSubstr("CUDA graphs"));
}

// ---- On a GPU ----------------------------------------------------------------------------------

class CudaGraph : public testing::Test {
 protected:
  void SetUp() override {
    if (!at::hasCUDA() || at::getNumGPUs() == 0) GTEST_SKIP() << "needs a GPU: nothing was tested";
    set_up_cuda(kDevice);
    set_up_determinism(kDevice);
  }
  void TearDown() override { at::globalContext().setDeterministicAlgorithms(false, false); }

  static inline const at::Device kDevice{at::kCUDA, 0};

  static std::string taken(const Options& options, const Recorder& recorder, int64_t steps) {
    return Table(options, kDevice, recorder).after(steps);
  }
};

/// A recorder of which a test can tell that it was used.
struct Counting {
  std::shared_ptr<int> records = std::make_shared<int>(0);
  std::function<void()> operator()(const std::function<void()>& work) const {
    auto repeat = record_cuda_graph(work);
    ++*records;
    return repeat;
  }
};

TEST_F(CudaGraph, OfEveryRecipeGivesTheBitsOfStepsOneByOne) {
  for (const Recipe& recipe : recipes()) {
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
      Options options = small(recipe.name);
      options.precision = precision;
      const Counting counting;
      EXPECT_EQ(taken(options, counting, 20), taken(options, {}, 20)) << recipe.name;
      EXPECT_EQ(*counting.records, 1) << recipe.name;
    }
  }
}

TEST_F(CudaGraph, OfEveryOptimizerGivesTheBitsOfStepsOneByOne) {
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::sgd, OptimizerKind::rmsprop}) {
    Options options = small("dcgan");
    options.g_optimizer.kind = options.d_optimizer.kind = kind;
    options.g_optimizer.momentum = 0.5;
    EXPECT_EQ(taken(options, Counting(), 20), taken(options, {}, 20));
  }
}

TEST_F(CudaGraph, OfEveryKindOfStepGivesTheBitsOfStepsOneByOne) {
  for (const bool fresh_noise : {true, false}) {
    Options options = with_d_steps(3, fresh_noise);
    options.network.dropout = 0.3;
    const Counting counting;
    EXPECT_EQ(taken(options, counting, 30), taken(options, {}, 30)) << fresh_noise;
    EXPECT_EQ(*counting.records, 2);
  }
}

TEST_F(CudaGraph, DrawsOtherNoiseEachTimeAndMovesTheGeneratorOn) {
  const at::Tensor noise = at::zeros({100}, kDevice);
  for (int i = 0; i < 3; ++i) noise.normal_();
  seed_default_generators(5);
  noise.normal_();
  const at::Tensor first = noise.clone(), state = generator_state(default_generator(kDevice));
  const auto draw = record_cuda_graph([&] { noise.normal_(); });
  EXPECT_TRUE(at::equal(generator_state(default_generator(kDevice)), state));
  seed_default_generators(5);
  draw();
  EXPECT_TRUE(at::equal(noise, first));
  EXPECT_TRUE(at::equal(generator_state(default_generator(kDevice)), state));
  draw();
  EXPECT_FALSE(at::equal(noise, first));
}

TEST_F(CudaGraph, ThatCannotBeLeavesNoTrace) {
  const Options options = with_d_steps(2, false);
  const auto taken = [&](const Recorder& recorder) { return Table<ReadingGan>(options, kDevice, recorder).after(12); };
  std::string why;
  const std::string tried = taken([&](const std::function<void()>& work) {
    why = test::error_of([&] { record_cuda_graph(work); });
    return std::function<void()>();
  });
  EXPECT_THAT(why, testing::HasSubstr("cannot be recorded"));
  EXPECT_EQ(tried, taken({}));
  EXPECT_EQ(CudaGraph::taken(options, Counting(), 12), CudaGraph::taken(options, {}, 12));  // the next one can
}

TEST_F(CudaGraph, OfARunBrokenAndResumedEndsAsTheStraightOne) {
  Options options = small("dcgan");
  options.device = "cuda", options.grid = {1, 1};
  const ResumeCheck check = verify_resume(options, digits(), 20);
  EXPECT_TRUE(check.same) << check.report;
}

TEST_F(CudaGraph, WithoutOneARunEndsWithTheSameBits) {
  const auto sha = [](bool graph) {
    Options options = small("dcgan");
    options.device = "cuda", options.grid = {1, 1}, options.steps = 15, options.graph = graph;
    const test::TemporaryFolder folder;
    Trainer trainer(options, digits());
    Progress progress(folder / "log.txt", /*quiet=*/true);
    trainer.run(RunFolder::create(folder / "run", "x"), progress);
    EXPECT_EQ(test::slurp(folder / "log.txt"), "");  // no warning
    return weights_sha256(trainer.generator().raw);
  };
  EXPECT_EQ(sha(true), sha(false));
}

}  // namespace
}  // namespace gan
