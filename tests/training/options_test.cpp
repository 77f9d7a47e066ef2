#include "gan/training/options.h"

#include <set>

#include "gan/training/config.h"
#include "gan/training/recipes.h"
#include "support/models.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::HasSubstr;

Options with_network(const NetworkOptions& network) {
  Options options;
  options.network = network;
  return options;
}

TEST(Options, EveryFieldHasAFlagOfItsOwn) {
  std::set<std::string> flags;
  size_t count = 0;
  const Options options;
  each_option(options, [&](const auto&, const OptionInfo& info) { flags.insert(info.flag), ++count; });
  EXPECT_EQ(flags.size(), count);
  EXPECT_TRUE(flags.contains("g-lr") && flags.contains("d-lr"));
}

TEST(Options, SurviveADictionary) {
  for (const auto& recipe : recipes()) {
    EXPECT_EQ(to_toml(options_from_dict(to_dict(recipe.options))), to_toml(recipe.options)) << recipe.name;
  }
}

TEST(Options, ADictionaryWithAnUnknownKeyIsRefused) {
  Dict more = to_dict(Options{});
  more.set("future-option", Value(int64_t{1}));
  EXPECT_THROW(options_from_dict(more), Error);
}

TEST(Options, AnOptionThatAnOlderFileLacksHasItsDefault) {
  Options options;
  options.deterministic = true;
  options.seed = 5;
  Dict older = to_dict(options);
  std::erase_if(older.items, [](const auto& item) { return item.first == "deterministic"; });
  const Options read = options_from_dict(older);
  EXPECT_FALSE(read.deterministic);
  EXPECT_EQ(read.seed, 5);
}

std::set<std::string> flags_of(const Options& options) {
  std::set<std::string> flags;
  each_option(options, [&](const auto&, const OptionInfo& info) { flags.insert(info.flag); });
  return flags;
}

TEST(Options, OfAWholeRunAreKnownThoughNewerOnesAreMissing) {
  const std::set<std::string> all = flags_of({});
  EXPECT_TRUE(are_of_a_whole_run({}, all));
  std::set<std::string> older = all, short_file = all;
  for (const char* flag :
       {"norm-eps", "norm-momentum", "same-padding", "inferred-fakes", "g-epsilon-hat", "d-epsilon-hat"})
    EXPECT_EQ(older.erase(flag), 1u) << flag;
  EXPECT_TRUE(are_of_a_whole_run({}, older));
  older.erase("seed");  // not of networks, game or optimizers
  EXPECT_TRUE(are_of_a_whole_run({}, older));
  older.erase("g-momentum");  // nothing reads it with adam
  EXPECT_TRUE(are_of_a_whole_run({}, older));
  short_file.erase("g-lr");
  EXPECT_FALSE(are_of_a_whole_run({}, short_file));
  EXPECT_FALSE(are_of_a_whole_run({}, {}));
}

TEST(Options, ThatNothingReadsGetTheirDefaults) {
  Options options = find_recipe("dcgan-wide").options;
  options.network.arch = Arch::mlp;
  options.game = {.loss = Loss::hinge, .label_smoothing = 0.3, .fresh_noise = false, .inferred_fakes = true};
  options.d_optimizer = {.kind = OptimizerKind::sgd, .beta1 = 0.25, .nesterov = true};
  const Options read = only_read(options);
  EXPECT_EQ(read.network.base_channels, Options{}.network.base_channels);
  EXPECT_EQ(std::tuple(read.game.label_smoothing, read.game.inferred_fakes), std::tuple(0, false));
  EXPECT_EQ(std::tuple(read.d_optimizer.beta1, read.d_optimizer.nesterov), std::tuple(0.5, false));
  EXPECT_EQ(read.g_optimizer.beta1, options.g_optimizer.beta1);
  EXPECT_EQ(to_toml(options_from_dict(to_dict(options))), to_toml(read));
}

TEST(Options, AFlagForBothPlayersNeedsOneThatReadsIt) {
  Options options;
  options.d_optimizer.kind = OptimizerKind::sgd;
  EXPECT_NO_THROW(require_reader(options, "momentum"));
  EXPECT_NO_THROW(require_reader(options, "beta1"));
  EXPECT_EQ(
      test::error_of([&] { require_reader(options, "rms-decay"); }),
      "--rms-decay: only --optimizer rmsprop reads it, not --optimizer adam; only --optimizer rmsprop reads it, not "
      "--optimizer sgd");
  EXPECT_EQ(test::error_of([&] { require_reader(options, "g-momentum"); }),
            "--g-momentum: only --g-optimizer sgd reads it, not --g-optimizer adam");
  EXPECT_NO_THROW(require_reader(options, "batch-size"));
}

TEST(Options, ARecipeThatHasLeftTheTableMakesNoFileUnreadable) {
  Options options;
  options.recipe = "dcgan-of-old";
  EXPECT_EQ(options_from_dict(to_dict(options)).recipe, "dcgan-of-old");
  options.recipe = "../elsewhere";
  EXPECT_THAT(test::error_of([&] { validate(options); }), HasSubstr("--recipe: expected a name of letters"));
}

TEST(Options, ADictionaryWithAValueOutOfRangeIsRefused) {
  Dict dict = to_dict(Options{});
  for (auto& [key, value] : dict.items) {
    if (key == "batch-size") value = Value(int64_t{-5});
  }
  EXPECT_THAT(test::error_of([&] { options_from_dict(dict); }), HasSubstr("--batch-size: expected 1 to 65536, got -5"));
}

TEST(Options, AWordThatIsNoChoiceIsAnsweredWithTheChoices) {
  Options options;
  EXPECT_THAT(test::error_of([&] { set_option(options, "loss", "wgan"); }),
              HasSubstr("--loss: expected nonsaturating|minimax|lsgan|hinge|relativistic|wasserstein, got 'wgan'"));
}

TEST(Options, ANumberWithALetterInItIsRefused) {
  Options options;
  EXPECT_THROW(set_option(options, "batch-size", "64x"), Error);
  EXPECT_THROW(set_option(options, "g-lr", "nan"), Error);
  EXPECT_THROW(set_option(options, "grid", "8"), Error);
  EXPECT_THROW(set_option(options, "grid", "0x8"), Error);
  EXPECT_THROW(set_option(options, "log-every", "-1"), Error);
}

TEST(Options, OfAFileFromBeforeSmallestMapsHalveSidesTwice) {
  Options options;
  options.network.arch = Arch::upconv;
  Dict file = to_dict(options);
  EXPECT_EQ(options_from_dict(file).network.smallest_maps, 8);
  std::erase_if(file.items, [](const auto& item) { return item.first == "smallest-maps"; });
  EXPECT_EQ(options_from_dict(file).network.smallest_maps, 0);
}

TEST(Options, ABatchLargerThanTheDataIsRefused) {
  Options options;
  options.batch_size = 64;
  EXPECT_NO_THROW(validate(options, {}, 64));
  EXPECT_THAT(test::error_of([&] { validate(options, {}, 63); }), HasSubstr("--batch-size: expected at most"));
  options.limit = 10;
  EXPECT_THROW(validate(options, {}, 64), Error);
}

TEST(Options, AnEpochIsWhatTheImagesFillUnlessSaidOtherwise) {
  Options options;
  options.batch_size = 128, options.epochs = 30;
  EXPECT_EQ(steps_per_epoch(options, 60000), 468);
  EXPECT_EQ(total_steps(options, 60000), 30 * 468);
  options.limit = 1000;
  EXPECT_EQ(steps_per_epoch(options, 60000), 7);
  options.steps_per_epoch = 128;
  EXPECT_EQ(total_steps(options, 60000), 30 * 128);
  options.steps = 5;
  EXPECT_EQ(total_steps(options, 60000), 5);
}

/// Names and shapes of all weights.
std::string weights_of(const Options& options) {
  const auto model = test::new_model(options);
  std::string text;
  for (const Part& part : model->parts()) {
    for (const auto& [name, value] : state_dict(part.network).items) {
      text += name + testing::PrintToString(std::get<at::Tensor>(value).sizes()) + " ";
    }
  }
  return text;
}

TEST(Options, ThoseThatGiveTheNetworksOtherWeightsAreNamed) {
  Options run = with_network({.base_channels = 2});
  run.model = ModelKind::infogan;
  const std::vector<std::pair<const char*, const char*>> changes{{"categories", "3"},
                                                                 {"codes", "5"},
                                                                 {"arch", "mlp"},
                                                                 {"latent-size", "7"},
                                                                 {"base-channels", "3"},
                                                                 {"depth", "2"},
                                                                 {"dropout", "0.5"},
                                                                 {"dropout-last", "false"},
                                                                 {"d-norm", "spectral"},
                                                                 {"d-norm-last", "false"},
                                                                 {"minibatch-std", "true"},
                                                                 {"init", "xavier"},
                                                                 {"norm-eps", "0.001"},
                                                                 {"norm-momentum", "0.01"},
                                                                 {"same-padding", "true"},
                                                                 {"minibatch-discrimination", "3x2"},
                                                                 {"virtual-batch-norm", "true"},
                                                                 {"stochastic-encoder", "true"},
                                                                 {"max-channels", "3"},
                                                                 {"smallest-maps", "0"}};
  size_t network_options = 0;
  each_option(run,
              [&](const auto&, const OptionInfo& info) { network_options += info.group == std::string("Networks"); });
  EXPECT_EQ(changes.size(), network_options + 1);  // and arch
  for (const auto& [flag, word] : changes) {
    Options fork = run;
    ASSERT_TRUE(set_option(fork, flag, word));
    EXPECT_EQ(network_changes(run, fork).starts_with(std::string(flag) + ": "), weights_of(fork) != weights_of(run))
        << flag;
  }
}

TEST(Options, OnlyWhatMayChangeChangesAtResume) {
  const Options run;
  Options resumed = run;
  resumed.epochs = 99, resumed.threads = 1, resumed.log_every = {7};
  EXPECT_EQ(forbidden_changes(run, resumed), "");
  resumed.batch_size = 128, resumed.g_optimizer.learning_rate = 0.5;
  EXPECT_EQ(forbidden_changes(run, resumed), "batch-size: 64 -> 128, g-lr: 0.0002 -> 0.5");
}

TEST(Options, WhatSaysHowARunIsWatchedMayChangeAtResume) {
  const Options run;
  Options resumed = run;
  EXPECT_TRUE(set_option(resumed, "keep-every", "10e"));
  EXPECT_TRUE(set_option(resumed, "on-nan", "rollback"));
  EXPECT_TRUE(set_option(resumed, "deterministic", "true"));
  EXPECT_EQ(resumed.keep_every, (Every{10, true}));
  EXPECT_EQ(resumed.on_nan, OnNan::rollback);
  EXPECT_TRUE(resumed.deterministic);
  EXPECT_EQ(forbidden_changes(run, resumed), "");
  EXPECT_THAT(to_toml(resumed),
              testing::AllOf(HasSubstr("\nkeep-every = \"10e\"\n"), HasSubstr("\non-nan = \"rollback\"\n"),
                             HasSubstr("\ndeterministic = true\n")));
  EXPECT_THAT(test::error_of([&] { set_option(resumed, "on-nan", "ignore"); }),
              HasSubstr("--on-nan: expected stop|rollback, got 'ignore'"));
}

TEST(Options, AFlagForBothPlayersSetsBoth) {
  Options options;
  EXPECT_TRUE(set_option(options, "lr", "0.125"));
  EXPECT_TRUE(set_option(options, "optimizer", "sgd"));
  EXPECT_EQ(options.g_optimizer.learning_rate, 0.125);
  EXPECT_EQ(options.d_optimizer.learning_rate, 0.125);
  EXPECT_TRUE(options.g_optimizer.kind == OptimizerKind::sgd && options.d_optimizer.kind == OptimizerKind::sgd);
  EXPECT_TRUE(set_option(options, "g-lr", "0.5"));
  EXPECT_EQ(options.g_optimizer.learning_rate, 0.5);
  EXPECT_EQ(options.d_optimizer.learning_rate, 0.125);
  EXPECT_EQ(test::error_of([&] { set_option(options, "lr", "fast"); }), "--lr: expected a number, got 'fast'");
}

TEST(Options, NoOptionOfThatNameSetsNothing) {
  Options options;
  for (const char* flag : {"", "learning-rate", "G-lr", "--lr", "g-", "resume", "out"}) {
    EXPECT_FALSE(set_option(options, flag, "1")) << flag;
  }
  EXPECT_EQ(to_toml(options), to_toml(Options{}));
}

TEST(Options, OnlyOptimizersFlagsSetBothPlayers) {
  for (const char* flag : {"optimizer", "lr", "beta1", "beta2", "epsilon", "momentum", "nesterov", "rms-decay"}) {
    EXPECT_TRUE(sets_both_players(flag)) << flag;
    EXPECT_FALSE(sets_both_players("g-" + std::string(flag))) << flag;
    EXPECT_FALSE(sets_both_players("d-" + std::string(flag))) << flag;
  }
  const Options options;
  each_option(options, [](const auto&, const OptionInfo& info) { EXPECT_FALSE(sets_both_players(info.flag)); });
  EXPECT_FALSE(sets_both_players("") || sets_both_players("no-such"));
}

TEST(Options, TextsThatAreNotUtf8OrHoldControlCharactersAreRefused) {
  Options options;
  options.data = "data/\xc3\xa9";
  EXPECT_NO_THROW(validate(options));
  options.data = "data/\xe9";
  EXPECT_EQ(test::error_of([&] { validate(options); }), "--data: expected UTF-8, got 'data/\xe9'");
  options.data = "a\nb";
  EXPECT_EQ(test::error_of([&] { validate(options); }), "--data: expected no control characters, got 'a\\nb'");
}

}  // namespace
}  // namespace gan
