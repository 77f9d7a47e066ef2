#pragma once

#include <cstddef>
#include <limits>
#include <string>

namespace gan {

/// What can be shown on a stream.
struct Screen {
  static constexpr int kAnyWidth = std::numeric_limits<int>::max();

  int columns = kAnyWidth;  ///< of a line; any number of them where the stream is no terminal
  bool can_redraw = false;  ///< a terminal that wipes a line and writes another in its place
  bool has_blocks = false;  ///< its locale has Unicode's block elements
};

/// Of a file descriptor, as the terminal itself, TERM and the locale (LC_ALL, LC_CTYPE, LANG) say. A terminal that does
/// not tell its width has 80 columns.
Screen screen_of(int descriptor);

/// Text in lines of at most so many columns, as far as its words are that short; it breaks after blanks and |. Its
/// first line begins at `first_column`, the others with so many blanks.
std::string wrapped(const std::string& text, size_t first_column, size_t indent, size_t columns);

}  // namespace gan
