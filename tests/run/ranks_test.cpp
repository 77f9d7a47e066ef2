// Several processes compute what one computes, up to rounding: each recipe and each family. What has a penalty may try
// several seeds.

#include <cmath>

#include "gan/base/text.h"
#include "gan/data/dataset.h"
#include "gan/dist/world.h"
#include "gan/run/trainer.h"
#include "gan/training/recipes.h"
#include "gan/training/settings.h"
#include "gan/training/training.h"
#include "support/parity.h"
#include "support/ranks.h"

namespace gan {
namespace {

constexpr int64_t kSteps = 20;

using Flags = std::vector<Setting>;

/// Small networks, and learning rates that leave rounding small: next to the corner of a LeakyReLU it grows.
Options options_of(Flags flags) {
  const bool dcgan =
      std::ranges::none_of(flags, [](const Setting& s) { return s.text == "mlp" || s.text == "upconv"; });
  flags.insert(flags.end(), {{"batch-size", "8"}, {"lr", "2e-6"}, {"limit", "64"}, {"threads", "1"}});
  if (dcgan) flags.push_back({"base-channels", "4"});
  const Settings settings{.config = {}, .flags = flags};
  return resolved(recipe_options(settings), settings);
}

/// The losses of all steps, a line a step.
std::string losses(const Options& options, const Dataset& data, const Group& group) {
  const InWorld in_world({group, options.batch_size, true});
  Training training(options, data, Budget::of_run());
  std::string lines;
  for (int64_t step = 0; step < kSteps; ++step) {
    training.take_step();
    for (const auto& [name, value] : training.losses().values) lines += name + " " + to_text(value) + " ";
    lines += "\n";
  }
  return lines;
}

/// How far losses may be apart. A penalty is of slopes, which jump where rounding carries a number over the corner of a
/// LeakyReLU: 3e-4 was seen, in one step of twenty.
double tolerance(std::string_view loss) {
  return loss == "d_penalty" ? 1e-3 : 1e-5;
}

/// The largest relative difference between the losses, in tolerances.
double difference(std::string_view before, std::string_view after) {
  const auto was = split(before, ' '), is = split(after, ' ');
  EXPECT_EQ(was.size(), is.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(was.size(), is.size()); ++i) {
    double a = 0, b = 0;
    if (!parse_text(was[i], a)) {
      EXPECT_EQ(was[i], is[i]);
    } else if (parse_text(is[i], b)) {
      largest = std::max(largest, std::abs(a - b) / std::max(std::abs(a), 1e-3) / tolerance(was[i - 1]));
    } else {
      ADD_FAILURE() << is[i];
    }
  }
  return largest;
}

/// Trains the cases as one process, as two and as four; gives those whose losses differ, with what differs.
std::vector<std::pair<Flags, std::string>> that_differ(const std::vector<Flags>& cases, int seed) {
  const Dataset all = load_dataset(test::mnist_tiny());
  const auto losses_of_all = [&](const Group& group) {
    std::string text;
    for (Flags flags : cases) {
      flags.push_back({"seed", std::to_string(seed)});
      const Options options = options_of(flags);
      text += losses(options, used_part(options, all), group) + "\f";
    }
    return text;
  };
  const std::string alone = test::as_processes(1, [&](int64_t) { return losses_of_all({}); })[0];
  const auto of_one = split(alone, '\f');
  EXPECT_EQ(of_one.size(), cases.size() + 1) << alone;
  std::vector<std::string> words(cases.size());
  for (const int64_t size : {2, 4}) {
    for (const std::string& of_rank : test::as_ranks(size, losses_of_all)) {
      const auto of_cases = split(of_rank, '\f');
      EXPECT_EQ(of_cases.size(), cases.size() + 1) << of_rank;
      for (size_t i = 0; i < cases.size(); ++i) {
        const bool all_there = of_one.size() > i && of_cases.size() > i;
        if (all_there && difference(of_one[i], of_cases[i]) < 1) continue;
        words[i] += to_text(size) + " ranks\n" +
                    (all_there ? std::string(of_one[i]) + "\n" + std::string(of_cases[i]) : "no losses") + "\n";
      }
    }
  }
  std::vector<std::pair<Flags, std::string>> differing;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Setting& name = cases[i].front();
    if (!words[i].empty()) differing.emplace_back(cases[i], name.flag + " " + name.text + ": " + words[i]);
  }
  return differing;
}

TEST(Ranks, HaveTheLossesOfOneProcessInEachRecipeAndFamily) {
  const std::vector<Flags> cases{
      {{"recipe", "dcgan"}},
      {{"recipe", "faces"}, {"image-size", "0"}},
      {{"recipe", "dcgan-wide"}},
      {{"recipe", "mlp"}},
      {{"recipe", "mlp-smooth"}, {"arch", "mlp"}},
      {{"recipe", "upconv"}, {"arch", "upconv"}, {"max-channels", "8"}},
      {{"model", "cgan"}},
      {{"model", "infogan"}},
      {{"model", "bigan"}, {"stochastic-encoder", "true"}},
      {{"model", "aae"}},
      {{"model", "lapgan"}},
      {{"diffaugment", "color,translation,cutout"}},
      {{"gradient-penalty", "1"}, {"r1", "0.1"}, {"r2", "0.1"}, {"penalty-every", "2"}, {"depth", "0"}},
      {{"feature-matching", "0.5"}, {"minibatch-discrimination", "3x2"}}};
  const auto seeds_of = [](const Flags& flags) { return options_of(flags).game.r1 > 0 ? test::kSeedsForCorners : 1; };
  test::expect_agreement(cases, that_differ, seeds_of);
}

TEST(Ranks, HaveTheSameBitsThoughEachNormalisesItsOwnRows) {
  for (const Flags& flags : std::vector<Flags>{{{"recipe", "dcgan"}},
                                               {{"arch", "upconv"}, {"max-channels", "8"}, {"fresh-noise", "false"}}}) {
    const Options options = options_of(flags);
    const Dataset data = used_part(options, load_dataset(test::mnist_tiny()));
    const auto results = test::as_ranks(3, [&](const Group& group) {
      const InWorld in_world({group, 12, /*synchronized=*/false});
      Options of_twelve = options;
      of_twelve.batch_size = 12;
      Training training(of_twelve, data, Budget::of_run());
      for (int step = 0; step < 6; ++step) training.take_step();
      std::vector<Dict> states;
      for (const Part& part : training.model().parts()) states.push_back(state_dict(part.network));
      return weights_sha256(states) + to_text(training.losses().values.front().second);
    });
    EXPECT_THAT(results[0], testing::Not(testing::AnyOf("", testing::HasSubstr(": "))));
    EXPECT_THAT(results, testing::Each(results[0]));
  }
}

}  // namespace
}  // namespace gan
