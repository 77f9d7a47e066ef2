#pragma once

#include <cstddef>
#include <limits>
#include <string>

namespace gan {

/// What a stream can show.
struct Screen {
  static constexpr int kAnyWidth = std::numeric_limits<int>::max();

  int columns = kAnyWidth;  ///< width of a line; unlimited if the stream is no terminal
  bool can_redraw = false;  ///< a terminal that can erase a line and write another in its place
  bool has_blocks = false;  ///< its locale has Unicode's block elements
};

/// Asks the terminal behind a file descriptor, TERM and the locale (LC_ALL, LC_CTYPE, LANG). Takes 80 columns where the
/// terminal does not report its width.
Screen screen_of(int descriptor);

/// Breaks text after blanks and | into lines of at most `columns`; longer words stay whole. The first line begins at
/// `first_column`, the others with `indent` blanks.
std::string wrapped(const std::string& text, size_t first_column, size_t indent, size_t columns);

}  // namespace gan
