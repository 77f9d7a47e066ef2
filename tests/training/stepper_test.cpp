#include "gan/training/stepper.h"

#include "gan/base/random.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

Options with_fresh_noise() {
  Options options = test::small(0);
  options.game.fresh_noise = true;  // so that each turn can be taken without the other
  return options;
}

/// A model, its optimizers and a stepper, to take one turn without the other.
struct Table {
  Options options = with_fresh_noise();
  std::unique_ptr<Model> model = new_model(options);
  std::vector<Optimizer> optimizers;
  Stepper stepper;
  Batches batches;

  Table()
      : stepper((fill_optimizers(), *model), optimizers, Precision::fp32),
        batches(test::digits(), options.batch_size, Sampling::epoch, 0) {}

  static std::unique_ptr<Model> new_model(const Options& options) {
    seed_default_generators(0);
    Budget budget = Budget::of_run();
    return make_model(options, {test::digits().shape()}, budget);
  }

  void fill_optimizers() {
    for (const Player& player : model->players()) {
      optimizers.emplace_back(parameters(*model, player),
                              player.role == Role::generator ? options.g_optimizer : options.d_optimizer);
    }
  }

  void take(size_t turn) { stepper.take(model->turns()[turn], batches.next()); }
  Network generator() const { return model->part("generator").network; }
  Network discriminator() const { return model->part("discriminator").network; }

  double scalar(const std::string& name) const {
    for (const auto& [key, value] : stepper.losses().values) {
      if (key == name) return value;
    }
    return std::nan("");
  }
};

TEST(Stepper, OnlyThePlayerWhoseTurnItIsMoves) {
  Table table;
  const auto sha = [](const Network& network) { return weights_sha256(network); };
  const auto parameters_of = [](const Network& network) {
    std::vector<at::Tensor> copies;
    for (const auto& parameter : parameters(network)) copies.push_back(parameter.detach().clone());
    return copies;
  };
  const auto g = parameters_of(table.generator());
  const std::string d = sha(table.discriminator());
  table.take(0);
  EXPECT_NE(sha(table.discriminator()), d);
  const auto after = parameters(table.generator());
  for (size_t i = 0; i < g.size(); ++i) EXPECT_TRUE(at::equal(g[i], after[i])) << i;

  const auto d_before = parameters_of(table.discriminator());
  table.take(1);
  const auto d_after = parameters(table.discriminator());
  for (size_t i = 0; i < d_before.size(); ++i) EXPECT_TRUE(at::equal(d_before[i], d_after[i])) << i;
  EXPECT_FALSE(at::equal(g[0], parameters(table.generator())[0]));
}

TEST(Stepper, DLearnsToTellRealFromFake) {
  Table table;
  for (int i = 0; i < 30; ++i) table.take(0);
  EXPECT_GT(table.scalar("d_real"), 0.9);
  EXPECT_LT(table.scalar("d_fake"), 0.1);
}

TEST(Stepper, GLearnsToDeceiveAStandingD) {
  Table table;
  for (int i = 0; i < 10; ++i) table.take(0);
  table.take(1);
  const double before = table.scalar("g_loss");
  for (int i = 0; i < 30; ++i) table.take(1);
  EXPECT_LT(table.scalar("g_loss"), before / 4);
}

}  // namespace
}  // namespace gan
