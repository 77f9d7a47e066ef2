#include "support/terminal.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "support/test.h"

namespace gan::test {

Terminal::Terminal(const std::string& program, const std::vector<std::string>& arguments, int columns,
                   const Environment& environment)
    : columns_(columns) {
  const winsize size{.ws_row = 24, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
  id_ = ::forkpty(&descriptor_, nullptr, nullptr, &size);
  if (id_ != 0) return;
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  execute(program, arguments);
}

Terminal::~Terminal() {
  if (id_ >= 0) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Terminal::read_some() {
  constexpr int kMilliseconds = 60'000;
  pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, kMilliseconds) <= 0) return false;
  char buffer[4096];
  const ssize_t got = ::read(descriptor_, buffer, sizeof buffer);
  if (got > 0) bytes_.append(buffer, static_cast<size_t>(got));
  return got > 0;
}

void Terminal::wait_for(const std::string& text) {
  while (bytes_.find(text) == std::string::npos) {
    if (read_some()) continue;
    ADD_FAILURE() << "never said '" << text << "' but:\n" << bytes_;
    return;
  }
}

void Terminal::type(const std::string& keys) const {
  EXPECT_EQ(::write(descriptor_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
}

int Terminal::wait() {
  while (read_some()) continue;
  int status = 0;
  ::waitpid(std::exchange(id_, -1), &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<std::string> Terminal::lines() const {
  constexpr std::string_view kWipe = "\033[K";
  std::vector<std::vector<std::string>> rows(1);  // of characters, one column each
  size_t column = 0;
  for (size_t at = 0; at < bytes_.size();) {
    if (bytes_.compare(at, kWipe.size(), kWipe) == 0) {
      rows.back().resize(std::min(rows.back().size(), column));
      at += kWipe.size();
    } else if (bytes_[at] == '\r') {
      column = 0, ++at;
    } else if (bytes_[at] == '\n') {
      rows.emplace_back(), column = 0, ++at;
    } else {
      size_t end = at + 1;
      while (end < bytes_.size() && (bytes_[end] & 0xc0) == 0x80) ++end;
      if (column == static_cast<size_t>(columns_)) rows.emplace_back(), column = 0;
      rows.back().resize(std::max(rows.back().size(), column + 1), " ");
      rows.back()[column++] = bytes_.substr(at, end - at);
      at = end;
    }
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    lines.emplace_back();
    for (const auto& character : row) lines.back() += character;
  }
  return lines;
}

}  // namespace gan::test
