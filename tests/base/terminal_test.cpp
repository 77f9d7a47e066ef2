#include "gan/base/terminal.h"

#include <pty.h>
#include <unistd.h>

#include <cstdlib>

#include "support/test.h"

namespace gan {
namespace {

/// Sets an environment variable during its lifetime.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    before_ = before == nullptr ? "" : before;
    ::setenv(name, value, 1);
  }
  ~Variable() { before_.empty() ? ::unsetenv(name_) : ::setenv(name_, before_.c_str(), 1); }
  Variable(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

/// The screen of a new terminal with that many columns.
Screen screen(unsigned short columns) {
  const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int ours = -1, its = -1;
  EXPECT_EQ(::openpty(&ours, &its, nullptr, nullptr, &size), 0);
  const Screen screen = screen_of(its);
  ::close(ours), ::close(its);
  return screen;
}

TEST(Screen, HasTheReportedWidthOr80Columns) {
  EXPECT_EQ(screen(33).columns, 33);
  EXPECT_EQ(screen(0).columns, 80);
}

TEST(Screen, CannotRedrawADumbOrUnknownTerminal) {
  EXPECT_TRUE((Variable("TERM", "xterm"), screen(80).can_redraw));
  EXPECT_FALSE((Variable("TERM", "dumb"), screen(80).can_redraw));
  EXPECT_FALSE((Variable("TERM", ""), screen(80).can_redraw));
}

TEST(Screen, HasBlocksOnlyInUtf8Locales) {
  const Variable all("LC_ALL", ""), type("LC_CTYPE", ""), none("LANG", "");
  EXPECT_FALSE(screen(80).has_blocks);
  EXPECT_TRUE((Variable("LANG", "C.UTF-8"), screen(80).has_blocks));
  EXPECT_TRUE((Variable("LANG", "de_DE.utf8@euro"), screen(80).has_blocks));
  EXPECT_FALSE((Variable("LANG", "de_DE.ISO-8859-1"), screen(80).has_blocks));
  const Variable language("LANG", "C.UTF-8");
  EXPECT_FALSE((Variable("LC_ALL", "C"), screen(80).has_blocks));
  EXPECT_FALSE((Variable("LC_CTYPE", "C"), screen(80).has_blocks));
}

TEST(Screen, HasUnlimitedWidthIfItIsNoTerminal) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  EXPECT_EQ(screen_of(pipe[1]).columns, Screen::kAnyWidth);
  EXPECT_FALSE(screen_of(pipe[1]).can_redraw);
  ::close(pipe[0]), ::close(pipe[1]);
}

TEST(Wrapped, BreaksAfterBlanksAndBars) {
  EXPECT_EQ(wrapped("a few words", 0, 0, 80), "a few words");
  EXPECT_EQ(wrapped("a few words", 0, 2, 5), "a few\n  words");
  EXPECT_EQ(wrapped("adam|sgd|rmsprop", 0, 1, 9), "adam|sgd|\n rmsprop");
  EXPECT_EQ(wrapped("one two", 3, 4, 9), "one\n    two");
  EXPECT_EQ(wrapped("unbreakable", 0, 0, 4), "unbreakable");
  EXPECT_EQ(wrapped("", 0, 0, 4), "");
}

}  // namespace
}  // namespace gan
