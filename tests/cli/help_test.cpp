// What --help and --help-all of the programs show.

#include <sstream>

#include "support/terminal.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPrograms[] = {"gan-train", "gan-sample", "gan-eval", "gan-export"};

std::string help(std::vector<std::string> arguments, const char* asked = "--help-all") {
  arguments.emplace_back(asked);
  const test::Ran ran = test::run("gan-train", arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.out;
}

TEST(Help, ASwitchThatIsOnIsShownOn) {
  EXPECT_THAT(help({}),
              AllOf(ContainsRegex("--\\[no-\\]graph .*\\[on\\]"), ContainsRegex("--\\[no-\\]minibatch-std .*\\[on\\]"),
                    ContainsRegex("--\\[no-\\]joined-batch .*\\[off\\]"), Not(HasSubstr("{false}"))));
}

TEST(Help, OfARecipeOrAConfigShowsItsValues) {
  EXPECT_THAT(help({"--recipe", "mlp"}),
              AllOf(HasSubstr(" [mlp]\n"), ContainsRegex("--batch-size INT +Images per step \\[128\\]"),
                    ContainsRegex("--\\[no-\\]joined-batch .*\\[on\\]")));
  EXPECT_THAT(help({"--arch", "mlp"}), HasSubstr("Images per step [128]"));
  const test::TemporaryFolder folder;
  test::spill(folder / "c.toml", "batch-size = 77\ng-lr = 0.5\nd-lr = 0.25\n");
  EXPECT_THAT(help({"--config", folder / "c.toml"}),
              AllOf(HasSubstr("Images per step [77]"), HasSubstr(" [G 0.5, D 0.25]")));
}

TEST(Help, IsShortWithThreeExamplesAndAllOfItIsUnderHelpAll) {
  const std::string brief = help({}, "--help"), all = help({});
  EXPECT_LT(std::count(brief.begin(), brief.end(), '\n'), 40);
  EXPECT_THAT(brief, AllOf(HasSubstr("--epochs"), HasSubstr("--help-all"), Not(HasSubstr("--penalty-every"))));
  EXPECT_THAT(all, AllOf(HasSubstr("--penalty-every"), HasSubstr("--g-rms-decay"), HasSubstr("--verify-resume")));
  for (const std::string program : kPrograms) {
    std::istringstream lines(test::run(program, {"--help"}).out);
    int examples = 0;
    for (std::string line; std::getline(lines, line);) examples += line.starts_with("  " + program + " ");
    EXPECT_EQ(examples, 3) << program;
    EXPECT_EQ(test::run(program, {"--help-all"}).code, 0) << program;
  }
}

TEST(Help, FitsAnyScreen) {
  for (const char* program : kPrograms) {
    for (const size_t columns : {20u, 40u, 80u, 200u}) {
      test::Terminal terminal(program, {"--help-all"}, static_cast<int>(columns));
      EXPECT_EQ(terminal.wait(), 0);
      std::istringstream lines(terminal.bytes());
      for (std::string line; std::getline(lines, line);) {
        line.resize(line.find_last_not_of("\r ") + 1);
        const std::string word = line.substr(std::min(line.find_first_not_of(' '), line.size()));
        const bool one_word = word.find_first_of(" |") == std::string::npos;
        EXPECT_TRUE(line.size() < columns || one_word) << program << " at " << columns << ": " << line;
        EXPECT_LE(line.size(), 100u);
      }
    }
  }
}

TEST(Help, WithoutArgumentsAProgramThatCannotBeginSaysHow) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(
      test::run("gan-train", {}, folder.path()).err,
      HasSubstr(
          "name a folder of pictures, fetch MNIST with scripts/fetch_data.sh mnist, or try --data data/mnist-tiny"));
  EXPECT_THAT(test::run("gan-sample", {}, folder.path()).err, HasSubstr("gan-sample runs/00000-dcgan draws"));
  EXPECT_THAT(test::run("gan-eval", {}, folder.path()).err, HasSubstr("gan-eval runs/00000-dcgan judges"));
  EXPECT_THAT(test::run("gan-export", {}, folder.path()).err, HasSubstr("gan-export runs/00000-dcgan writes"));
}

}  // namespace
}  // namespace gan
