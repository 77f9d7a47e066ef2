#include "gan/training/config.h"

#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of, test::spill, test::TemporaryFolder;
using testing::StartsWith;

/// The defaults with a config of that text.
Options read(const std::string& text) {
  const TemporaryFolder folder;
  spill(folder / "c.toml", text);
  Options options;
  apply_config(folder / "c.toml", options);
  return options;
}

/// The error of a config of that text, without its path.
std::string refusal(const std::string& text) {
  const TemporaryFolder folder;
  spill(folder / "c.toml", text);
  Options options;
  const std::string error = error_of([&] { apply_config(folder / "c.toml", options); });
  const std::string path = (folder / "c.toml").string() + ": ";
  EXPECT_THAT(error, StartsWith(path));
  return error.substr(std::min(error.size(), path.size()));
}

TEST(Config, ReadsWhatARunWrites) {
  for (const auto& recipe : recipes()) {
    EXPECT_EQ(to_toml(read(to_toml(recipe.options))), to_toml(recipe.options)) << recipe.name;
  }
}

TEST(Config, ReadsEveryTextThatARunWrites) {
  for (const std::string data : {"", " ", "a b", "\"", "\"\"\"", "'", "a\\b", "\\", "\\n", "#", "a # b", "= [x]",
                                 "d\xc3\xa9j\xc3\xa0/\xe2\x82\xac/\xf0\x9f\x99\x82", "\"q\" # \\ \xc3\xa9"}) {
    Options options;
    options.data = data;
    const Options again = read(to_toml(options));
    EXPECT_EQ(again.data, data);
    EXPECT_EQ(to_toml(again), to_toml(options)) << data;
  }
}

TEST(Config, ReadsNumbersAtTheirLimits) {
  Options options;
  options.seed = 9'000'000'000'000'000;
  options.g_optimizer.epsilon = 5e-324;
  options.d_optimizer.learning_rate = 1.0 / 3.0;
  options.ema = 0.99999999;
  EXPECT_EQ(to_toml(read(to_toml(options))), to_toml(options));
}

TEST(Config, LeavesWhatItDoesNotListAsItWas) {
  const TemporaryFolder folder;
  spill(folder / "c.toml", "# nothing but this\nbatch-size = 32\n");
  Options options = find_recipe("mlp").options, expected = options;
  expected.batch_size = 32;
  apply_config(folder / "c.toml", options);
  EXPECT_EQ(to_toml(options), to_toml(expected));
  EXPECT_EQ(to_toml(read("")), to_toml(Options{}));
}

TEST(Config, AKeyForOnePlayerWinsWhereverItStands) {
  for (const char* text : {"lr = 0.5\ng-lr = 0.25\n", "g-lr = 0.25\nlr = 0.5\n"}) {
    const Options options = read(text);
    EXPECT_EQ(options.g_optimizer.learning_rate, 0.25) << text;
    EXPECT_EQ(options.d_optimizer.learning_rate, 0.5) << text;
  }
}

TEST(Config, AWholeNumberWillDoForAnyNumber) {
  EXPECT_EQ(read("lr = 1\n").g_optimizer.learning_rate, 1);
  EXPECT_EQ(read("log-every = 7\n").log_every, Every{7});
}

TEST(Config, ReadsTextsAsTomlHasThem) {
  const auto data = [](const std::string& value) { return read("data = " + value + "\n").data; };
  EXPECT_EQ(data("\"\""), "");
  EXPECT_EQ(data("'a \\n \"b\" # c'"), "a \\n \"b\" # c");
  EXPECT_EQ(data(R"("\"a\\b\"")"), "\"a\\b\"");
  EXPECT_EQ(data("\"a\"# not this"), "a");
}

TEST(Config, BlanksCommentsAndWindowsLinesDoNotMatter) {
  EXPECT_EQ(read("\n \t\n# lr = 1\n\t seed=5\t# five\n\nthreads  =  2").threads, 2);
  EXPECT_EQ(read("seed = 5\r\n\r\n# x\r\nloss = \"lsgan\"\r\n").game.loss, Loss::lsgan);
  EXPECT_EQ(read("seed = 5#five").seed, 5);
}

TEST(Config, AByteOrderMarkIsSkippedAtTheBeginningAlone) {
  EXPECT_EQ(read("\xef\xbb\xbfseed = 5\n").seed, 5);
  EXPECT_EQ(to_toml(read("\xef\xbb\xbf")), to_toml(Options{}));
  EXPECT_EQ(refusal("seed = 5\n\xef\xbb\xbf"
                    "lr = 1\n"),
            "line 2: expected the name of an option");
}

TEST(Config, AnUnknownKeyIsNamedWithItsLine) {
  EXPECT_THAT(refusal("lr = 0.5\nno-such = 1\n"), StartsWith("line 2: 'no-such': no such option ("));
  EXPECT_THAT(refusal("LR = 0.5\n"), StartsWith("line 1: 'LR': no such option"));
  EXPECT_THAT(refusal("resume = \"runs/x\"\n"), StartsWith("line 1: 'resume': no such option"));
}

TEST(Config, AMisspeltKeyIsAnsweredWithTheOneThatIsMeant) {
  EXPECT_EQ(refusal("epoch = 3\n"), "line 1: 'epoch': no such option (did you mean epochs?)");
  EXPECT_EQ(refusal("\nbatch_size = 3\n"), "line 2: 'batch_size': no such option (did you mean batch-size?)");
  EXPECT_EQ(refusal("beta = 0.5\n"), "line 1: 'beta': no such option (did you mean beta1?)");
  EXPECT_EQ(refusal("recipe = \"mlp\"\nloss = \"hing\"\n"),
            "line 2: --loss: expected nonsaturating|minimax|lsgan|hinge|relativistic|wasserstein, got 'hing' (did you "
            "mean hinge?)");
}

TEST(Config, AYamlOrJsonFileIsNamedAsOne) {
  for (const std::string yaml : {"epochs: 3\n", "# mine\n\nepochs:\n  - 3\n", "---\nepochs: 3\n", "- epochs\n"}) {
    EXPECT_THAT(refusal(yaml), testing::HasSubstr(": this is YAML, expected TOML: lines like batch-size = 64")) << yaml;
  }
  EXPECT_EQ(refusal("{\"epochs\": 3}\n"), "line 1: this is JSON, expected TOML: lines like batch-size = 64");
  EXPECT_EQ(read("data = \"a: b\"  # c: d\n").data, "a: b");
}

TEST(Config, AKeyThatStandsTwiceIsRefused) {
  EXPECT_EQ(refusal("lr = 0.5\nseed = 1\nlr = 0.5\n"), "line 3: 'lr' is set a second time");
}

TEST(Config, WhatIsNoPlainValueIsRefusedWithItsLine) {
  for (const std::string value : {"[8,8]", "{rows=8}", "2024-01-31", "12:30:00", "2024-01-31T12:30:00Z", "abc", "nan",
                                  "inf", "0x10", "True", "1e", "=", "-"}) {
    EXPECT_EQ(refusal("\n\ngrid = " + value + "\n"),
              "line 3: expected a number, true, false or a text in quotes, got '" + value + "'");
  }
}

TEST(Config, AValueThatIsNoneOfTheOptionIsRefusedWithItsLine) {
  EXPECT_EQ(refusal("\nbatch-size = 1.5\n"), "line 2: --batch-size: expected a whole number, got '1.5'");
  EXPECT_EQ(refusal("batch-size = true\n"), "line 1: --batch-size: expected a whole number, got 'true'");
  EXPECT_EQ(refusal("lr = true\n"), "line 1: --lr: expected a number, got 'true'");
  EXPECT_EQ(refusal("seed = 99999999999999999999\n"),
            "line 1: --seed: expected a whole number, got '99999999999999999999'");
  EXPECT_EQ(refusal("on-nan = \"x\"\n"), "line 1: --on-nan: expected stop|rollback, got 'x'");
}

TEST(Config, WhatIsNoLineOfOptionAndValueIsRefusedWithItsLine) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"[network]", "expected the name of an option"},
      {"= 1", "expected the name of an option"},
      {"\"lr\" = 1", "expected the name of an option"},
      {"data", "expected data = its value"},
      {"network.arch = 1", "expected network = its value"},
      {"data =", "'data' has no value"},
      {"data = # none", "'data' has no value"},
      {"lr = 0.5 g-lr = 1", "expected nothing more after the value of 'lr'"},
      {"data = \"a\" \"b\"", "expected nothing more after the value of 'data'"},
      {"data = \"\"\"abc\"\"\"", "expected nothing more after the value of 'data'"},
      {"data = \"abc", "a quote is not closed in its line"},
      {"data = 'abc", "a quote is not closed in its line"},
      {"data = \"abc\\", "a quote is not closed in its line"},
      {"data = \"abc\\\"", "a quote is not closed in its line"},
      {"data = \"\\x41\"", "no such escape: \\x (\\\\ is a backslash)"},
      {"data = \"a\\nb\"", "no such escape: \\n (\\\\ is a backslash)"},
      {"data = \"\\u00e9\"", "no such escape: \\u (\\\\ is a backslash)"},
      {"data = \"a\x01\"", "expected no control characters"},
      {"data = \"a\tb\"", "--data: expected no control characters, got 'a\\tb'"}};
  for (const auto& [line, what] : wrong) EXPECT_EQ(refusal("seed = 1\n" + line + "\nthreads = 1\n"), "line 2: " + what);
}

TEST(Config, TextThatIsNotUtf8IsRefused) {
  EXPECT_EQ(refusal("data = \"\xe9\"\n"), "not a text in UTF-8");
}

TEST(Config, NothingIsSetByAFileWithALineThatIsNone) {
  const TemporaryFolder folder;
  spill(folder / "c.toml", "seed = 7\n[\n");
  Options options;
  EXPECT_THROW(apply_config(folder / "c.toml", options), Error);
  EXPECT_EQ(options.seed, Options{}.seed);
}

TEST(Config, AFileThatCannotBeAConfigIsNotRead) {
  const std::string most = "#" + std::string((1 << 20) - 1, 'x');
  EXPECT_EQ(to_toml(read(most)), to_toml(Options{}));
  EXPECT_EQ(refusal(most + "x"), "expected at most 1048576 bytes, got 1048577");
}

TEST(Config, AMissingFileIsNamed) {
  const TemporaryFolder folder;
  Options options;
  EXPECT_EQ(error_of([&] { apply_config(folder / "none.toml", options); }),
            (folder / "none.toml").string() + ": no such file");
  EXPECT_EQ(error_of([&] { apply_config(folder.path(), options); }),
            folder.path().string() + ": expected a file, got a folder");
}

}  // namespace
}  // namespace gan
