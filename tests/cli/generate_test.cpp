// What --generate makes of the flags: manual pages, and completion, by bash itself.

#include <sstream>

#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPrograms[] = {"gan-train", "gan-sample", "gan-eval", "gan-export"};

std::string generated(const std::string& program, const std::string& what) {
  const Ran ran = test::run(program, {"--generate", what});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.out;
}

/// What bash offers after these words of a command line, sorted, with spaces between.
std::string offered(const std::vector<std::string>& words) {
  const test::TemporaryFolder folder;
  test::spill(folder / "completion", generated(words[0], "bash"));
  test::spill(folder / "a-file.pt", "");
  test::spill(folder / "a spaced name", "");
  const std::string script = R"(
source "$0"; compopt() { :; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
"_$1"; printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')";
  std::vector<std::string> arguments{"-c", script, folder / "completion"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  const Ran ran = test::run("/bin/bash", arguments, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  return ran.out;
}

TEST(Completion, OfBashOffersFlagsWordsAndFiles) {
  EXPECT_EQ(offered({"gan-train", "--arch", ""}), "dcgan mlp upconv ");
  EXPECT_EQ(offered({"gan-train", "--arch", "up"}), "upconv ");
  EXPECT_EQ(offered({"gan-train", "--arch", "=", "m"}), "mlp ");
  EXPECT_EQ(offered({"gan-train", "--epo"}), "--epochs ");
  EXPECT_EQ(offered({"gan-train", "--no-gra"}), "--no-graph ");
  EXPECT_EQ(offered({"gan-train", "--epochs", ""}), " ");
  EXPECT_EQ(offered({"gan-sample", "--checkpoint", "a-"}), "a-file.pt ");
  EXPECT_EQ(offered({"gan-sample", "a-"}), "a-file.pt ");
  EXPECT_EQ(offered({"gan-train", "--data", "a s"}), "a spaced name ");
  EXPECT_EQ(offered({"gan-train", "--crop", ""}), "center none ");
  EXPECT_EQ(offered({"gan-export", "--part", "e"}), "encoder ");
  EXPECT_THAT(offered({"gan-eval", "--"}), AllOf(HasSubstr("--samples "), Not(HasSubstr("--generate"))));
}

TEST(Completion, OfOtherShellsParsesWhereTheyAreInstalled) {
  const test::TemporaryFolder folder;
  for (const std::string shell : {"zsh", "fish", "bash"}) {
    if (test::run("/bin/bash", {"-c", "command -v " + shell}).code != 0) continue;
    for (const char* program : kPrograms) {
      test::spill(folder / "file", generated(program, shell));
      const Ran ran = test::run("/bin/bash", {"-c", shell + " -n \"$0\"", folder / "file"});
      EXPECT_EQ(ran.code, 0) << shell << " " << program << ran.err;
    }
  }
}

TEST(ManualPage, HasEveryFlagOfTheHelp) {
  for (const char* program : kPrograms) {
    std::string page = generated(program, "man");
    for (size_t at = page.find("\\-"); at != page.npos; at = page.find("\\-", at)) page.erase(at, 1);
    std::istringstream help(test::run(program, {"--help-all"}).out);
    int flags = 0;
    for (std::string line; std::getline(help, line);) {
      if (!line.starts_with("  --")) continue;
      std::string flag = line.substr(2, line.find_first_of(" ,", 3) - 2);
      if (flag.starts_with("--[no-]")) flag.erase(2, 5);
      EXPECT_THAT(page, HasSubstr("\\fB" + flag + "\\fR")) << program;
      ++flags;
    }
    EXPECT_GE(flags, 4) << program;
  }
}

TEST(ManualPage, IsFreeOfWarnings) {
  if (test::run("/bin/bash", {"-c", "command -v groff"}).code != 0) GTEST_SKIP() << "no groff is installed";
  const test::TemporaryFolder folder;
  for (const char* program : kPrograms) {
    test::spill(folder / "page", generated(program, "man"));
    const Ran ran = test::run("/bin/bash", {"-c", "groff -man -Tutf8 -ww -z \"$0\"", folder / "page"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.err, "") << program;
  }
}

TEST(Generate, RefusesOtherWords) {
  const Ran ran = test::run("gan-train", {"--generate", "csh"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("--generate: expected man|bash|zsh|fish, got 'csh'"));
}

}  // namespace
}  // namespace gan
