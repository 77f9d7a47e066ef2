// What the programs leave on a terminal's screen, byte by byte.

#include "support/terminal.h"

#include <sstream>

#include "support/test.h"

namespace gan {
namespace {

using test::TemporaryFolder;
using test::Terminal;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;

const Terminal::Environment kUsual{{"TERM", "xterm"}, {"LC_ALL", "C.UTF-8"}};

/// Arguments for two epochs on the digits in the repository.
std::vector<std::string> two_epochs(const fs::path& out) {
  return {"--data",          test::mnist_tiny(),
          "--base-channels", "2",
          "--batch-size",    "50",
          "--epochs",        "2",
          "--log-every",     "5",
          "--grid",          "2x2",
          "--eval-samples",  "100",
          "--threads",       "1",
          "--out",           out};
}

bool is_result(const std::string& line) {
  for (const char* name : {"run ", "samples ", "generator ", "sha256 ", "best ", "trained "}) {
    if (line.starts_with(name)) return true;
  }
  return false;
}

/// The lines from the first epoch's line on.
std::vector<std::string> from_first_epoch(const Terminal& terminal) {
  std::vector<std::string> lines = terminal.lines();
  const auto epoch = [](const std::string& line) { return line.starts_with("epoch "); };
  lines.erase(lines.begin(), std::ranges::find_if(lines, epoch));
  return lines;
}

TEST(OnATerminal, TheBarIsWipedBeforeTheResultsAndALineAnEpochStays) {
  for (const int columns : {20, 40, 80, 120}) {
    const TemporaryFolder folder;
    Terminal terminal("gan-train", two_epochs(folder / "run"), columns, kUsual);
    EXPECT_EQ(terminal.wait(), 0) << terminal.bytes();
    EXPECT_THAT(terminal.bytes(), HasSubstr("\repoch 1/2 ")) << "no bar";
    const auto lines = from_first_epoch(terminal);
    ASSERT_GE(lines.size(), 3u) << terminal.bytes();
    EXPECT_THAT(lines[0], StartsWith("epoch 1/2"));
    EXPECT_THAT(lines[1], StartsWith("epoch 2/2"));
    EXPECT_EQ(lines[2], ("run        " + (folder / "run").string()).substr(0, static_cast<size_t>(columns)));
    EXPECT_THAT(lines[1], HasSubstr(columns >= 80 ? " | mnist_fd " : ""));
    for (const auto& line : lines) EXPECT_THAT(line, Not(HasSubstr("|\u2588"))) << "a bar stays";
  }
}

TEST(OnATerminal, ANarrowOneHasNoLayerTableAndTheLogHas) {
  const TemporaryFolder folder;
  Terminal terminal("gan-train", two_epochs(folder / "run"), 40, kUsual);
  EXPECT_EQ(terminal.wait(), 0) << terminal.bytes();
  EXPECT_THAT(terminal.bytes(), Not(HasSubstr("Conv2d")));
  EXPECT_THAT(test::slurp(folder / "run/log.txt"), HasSubstr("Conv2d"));
}

TEST(OnATerminal, ThatIsDumbThereArePlainLinesThatDoNotWrap) {
  for (const char* kind : {"dumb", ""}) {
    const TemporaryFolder folder;
    Terminal terminal("gan-train", two_epochs(folder / "run"), 50, {{"TERM", kind}, {"LC_ALL", "C.UTF-8"}});
    EXPECT_EQ(terminal.wait(), 0) << terminal.bytes();
    EXPECT_THAT(terminal.bytes(), Not(HasSubstr("\033")));
    std::vector<std::string> epochs;
    for (const auto& line : from_first_epoch(terminal)) {
      if (is_result(line)) break;
      epochs.push_back(line);
      EXPECT_LT(line.size(), 50u);
    }
    EXPECT_EQ(epochs.size(), 8u) << terminal.bytes();  // one for each line of metrics
    EXPECT_THAT(epochs, testing::Each(StartsWith("epoch ")));
  }
}

TEST(OnATerminal, InACLocaleAllIsAscii) {
  const TemporaryFolder folder;
  Terminal terminal("gan-train", two_epochs(folder / "run"), 80, {{"TERM", "xterm"}, {"LC_ALL", "C"}});
  EXPECT_EQ(terminal.wait(), 0) << terminal.bytes();
  EXPECT_THAT(terminal.bytes(), HasSubstr("%|#"));
  for (const char c : terminal.bytes()) ASSERT_LT(static_cast<unsigned char>(c), 0x80) << terminal.bytes();
}

TEST(OnATerminal, CtrlCWipesTheBarAndTellsHowToGoOn) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = two_epochs(folder / "run");
  arguments.insert(arguments.end(), {"--epochs", "100000"});
  Terminal terminal("gan-train", arguments, 200, kUsual);
  terminal.wait_for("\repoch ");
  terminal.type("\x03");
  EXPECT_EQ(terminal.wait(), 130) << terminal.bytes();
  const auto lines = terminal.lines();
  EXPECT_THAT(lines, Contains(StartsWith("stopped (Interrupt) after step "))) << terminal.bytes();
  EXPECT_THAT(lines,
              Contains(AllOf(StartsWith("to go on: "), HasSubstr("gan-train --resume " + (folder / "run").string()))));
}

TEST(OnATerminal, AJudgementFitsANarrowOne) {
  const fs::path data = test::mnist_tiny();
  Terminal terminal("gan-eval", {"--data", data, "--samples", data / "t10k-images-idx3-ubyte.gz", "--count", "100"}, 40,
                    {{"TERM", "dumb"}, {"LC_ALL", "C"}});
  EXPECT_EQ(terminal.wait(), 0) << terminal.bytes();
  EXPECT_THAT(terminal.bytes(), AllOf(HasSubstr("judging, 3 of 3"), HasSubstr("\nmnist_fd\r\n  ")));
  std::istringstream lines(terminal.bytes());
  for (std::string line; std::getline(lines, line);) {
    line.resize(line.find_last_not_of('\r') + 1);
    EXPECT_TRUE(line.size() < 40 || line.find(' ') == std::string::npos) << line;
  }
}

}  // namespace
}  // namespace gan
