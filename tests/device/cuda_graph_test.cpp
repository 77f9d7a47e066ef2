// Steps that are recorded and repeated: with a stand-in for the recorder anywhere, and with CUDA graphs where there is
// a GPU.

#include "gan/device/cuda_graph.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include "gan/base/archive.h"
#include "gan/base/random.h"
#include "gan/device/device.h"
#include "gan/models/gan.h"
#include "gan/run/trainer.h"
#include "gan/run/verify_resume.h"
#include "gan/sampling/sampler.h"
#include "gan/training/recipes.h"
#include "gan/training/training.h"
#include "support/test.h"

namespace gan {
namespace {

const Dataset& digits() {
  static const Dataset data = load_dataset(test::mnist_tiny());
  return data;
}

/// Learning rates fall from the second step on: a recorded step must read them anew.
Options small(const std::string& recipe) {
  Options options = find_recipe(recipe).options;
  options.network.base_channels = 4;
  options.batch_size = 8;
  options.g_optimizer.decay_after = options.d_optimizer.decay_after = 2;
  return options;
}

Training training_of(const Options& options, const Recorder& recorder) {
  return Training(options, digits(), Budget::of_run(), recorder);
}

/// The weights after so many steps, and the losses of each.
std::string after(int64_t steps, Training& training) {
  std::string losses;
  for (int64_t i = 0; i < steps; ++i) {
    training.take_step();
    for (const auto& [name, value] : training.losses().values) losses += name + " " + to_text(value) + "\n";
  }
  std::string weights;
  for (const Part& part : training.model().parts()) weights += weights_sha256(part.network);
  return weights + "\n" + losses;
}

std::string after(int64_t steps, const Options& options, const Recorder& recorder) {
  Training training = training_of(options, recorder);
  return after(steps, training);
}

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
      const std::string expected = after(14, options, {});
      EXPECT_EQ(after(14, options, StandIn()), expected) << d_steps << " " << fresh_noise;
    }
  }
}

TEST(RecordedSteps, WithAPenaltyNowAndThenEndWhereStepsOneByOneEnd) {
  const Options options = small("dcgan");
  ASSERT_GT(options.game.penalty_every, 1);
  const StandIn stand_in;
  EXPECT_EQ(after(18, options, stand_in), after(18, options, {}));
  EXPECT_EQ(*stand_in.records, 2);
}

TEST(RecordedSteps, BeginAfterThreeOfTheirKind) {
  const StandIn stand_in;
  Training training = training_of(with_d_steps(2, true), stand_in);  // D, D and G, D, D and G, ...
  after(6, training);
  EXPECT_EQ(*stand_in.records, 0);
  after(2, training);
  EXPECT_EQ(*stand_in.records, 2);
  EXPECT_EQ(*stand_in.repetitions, 2);
  after(10, training);
  EXPECT_EQ(*stand_in.records, 2);
  EXPECT_EQ(*stand_in.repetitions, 12);
}

TEST(RecordedSteps, ThatCannotBeAreTakenOneByOneAndNotTriedAgain) {
  const Options options = with_d_steps(2, false);
  int tried = 0;
  const auto refuse = [&](const std::function<void()>&) { return ++tried, std::function<void()>(); };
  EXPECT_EQ(after(12, options, refuse), after(12, options, {}));
  EXPECT_EQ(tried, 1);
}

/// The state of a training whose last losses were these.
Dict with_losses(Dict state, double d_loss, double g_loss) {
  for (auto& [key, value] : state.items) {
    if (key == "scalars") value = Dict{{{"d", Dict{{{"d_loss", d_loss}}}}, {"g", Dict{{{"g_loss", g_loss}}}}}};
  }
  return state;
}

TEST(RecordedSteps, KeepTheLossesThatWereLoadedUntilTheirTurnComes) {
  Training training = training_of(with_d_steps(2, true), StandIn());
  const auto g_loss = [&] { return training.losses().values.back().second; };
  after(10, training);
  training.load(with_losses(training.state(), 7, 9));
  after(1, training);
  EXPECT_EQ(g_loss(), 9);
  EXPECT_NE(training.losses().values.front().second, 7);
  after(1, training);
  EXPECT_NE(g_loss(), 9);
}

TEST(RecordedSteps, TellOfANonFiniteLossUntilAnEarlierStateIsLoaded) {
  Training training = training_of(small("dcgan"), StandIn());
  after(5, training);
  const Dict before = unpack_archive(pack_archive(training.state()));  // a copy
  const Network d = training.model().part("discriminator").network;
  parameters(d).front().detach().fill_(std::numeric_limits<float>::infinity());
  training.take_step();
  EXPECT_FALSE(training.losses().finite);
  EXPECT_FALSE(training.losses_are_finite());
  training.load(before);
  EXPECT_TRUE(training.losses().finite);
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

TEST(Training, ReadsTheLossesBackAtOnce) {
  Training training = training_of(small("dcgan"), {});
  after(1, training);
  EXPECT_EQ(read_backs([&] { training.losses_are_finite(); }), 1);
  EXPECT_EQ(read_backs([&] { EXPECT_EQ(training.losses().values.size(), 4u); }), 0);
  EXPECT_EQ(read_backs([&] { training.state(); }), 0);
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

  static std::string taken(Options options, const Recorder& recorder, int64_t steps) {
    options.device = "cuda";
    return after(steps, options, recorder);
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
      const int kinds = options.game.r1 > 0 && options.game.penalty_every > 1 ? 2 : 1;  // with and without a penalty
      EXPECT_EQ(*counting.records, kinds) << recipe.name;
    }
  }
}

TEST_F(CudaGraph, OfEveryOptimizerGivesTheBitsOfStepsOneByOne) {
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::sgd, OptimizerKind::rmsprop}) {
    for (const bool epsilon_hat : {false, true}) {
      Options options = small("dcgan");
      options.g_optimizer.kind = options.d_optimizer.kind = kind;
      options.g_optimizer.epsilon_hat = options.d_optimizer.epsilon_hat = epsilon_hat;
      options.g_optimizer.momentum = 0.5;
      EXPECT_EQ(taken(options, Counting(), 20), taken(options, {}, 20)) << to_text(kind) << " " << epsilon_hat;
    }
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

/// A GAN that reads a number back in the middle of a turn, which no CUDA graph can do.
class ReadingGan : public Gan {
 public:
  ReadingGan(const Options& options, Budget budget) : Gan(options, digits().shape(), budget) {
    for (Turn& turn : turns_) {
      turn.play = [play = turn.play](const Batch& batch) {
        Outcome outcome = play(batch);
        TORCH_CHECK(!std::isinf(outcome.loss.item<double>()));
        return outcome;
      };
    }
  }
};

TEST_F(CudaGraph, ThatCannotBeLeavesNoTrace) {
  const Options options = with_d_steps(2, false);
  const auto taken = [&](const Recorder& recorder) {
    seed_default_generators(1);
    ReadingGan gan(options, Budget::of_run());
    move_to(gan, kDevice);
    std::vector<Optimizer> optimizers;
    for (const Player& player : gan.players()) optimizers.emplace_back(parameters(gan, player), options.g_optimizer);
    Stepper stepper(gan, optimizers, options.precision, recorder);
    Batches batches(digits().to(kDevice), options.batch_size, Sampling::epoch, 0);
    for (int64_t step = 1; step <= 12; ++step) stepper.take_turns(step, batches.next());
    return weights_sha256(gan.part("generator").network) + weights_sha256(gan.part("discriminator").network);
  };
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
    return weights_sha256(trainer.training().model().part("generator").network);
  };
  EXPECT_EQ(sha(true), sha(false));
}

}  // namespace
}  // namespace gan
