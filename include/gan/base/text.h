#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// Parse a whole text. Return false, and leave `value` alone, unless every character belongs to the value.
bool parse_text(std::string_view text, int64_t& value);
bool parse_text(std::string_view text, double& value);  ///< finite numbers only
bool parse_text(std::string_view text, bool& value);    ///< "true" or "false"
bool parse_text(std::string_view text, std::string& value);

/// "8x5": two whole numbers from 1 to `most`. As parse_text does.
bool parse_pair(std::string_view text, int64_t most, int64_t& first, int64_t& second);

/// The shortest text that parses to the same value.
std::string to_text(int64_t value);
std::string to_text(double value);
std::string to_text(bool value);
std::string to_text(const std::string& value);

/// With that many digits after the point: "3.142".
std::string fixed_text(double value, int digits);

/// Whether `text` is well-formed UTF-8 (RFC 3629), as pickles and TOML files require.
bool is_utf8(std::string_view text);

/// Whether `text` holds a newline, a tab or another ASCII control character.
bool has_control_characters(std::string_view text);

/// UTF-8 with '?' for each control character, which would break a line or steer a terminal. Of a text that is not
/// UTF-8, for each byte beyond ASCII, too.
std::string printable(std::string text);

/// 1234567 as "1,234,567".
std::string with_commas(int64_t value);

/// The texts with `between` between them: "adam|sgd".
std::string joined(const std::vector<std::string>& texts, const std::string& between);

/// The first ten texts: "cats, dogs, ...".
std::string listed(const std::vector<std::string>& texts);

/// What stands between the separators: "3,,5" is "3", "", "5". Views of `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Replaces the ASCII letters A to Z by a to z.
std::string lower_case(std::string text);

/// Quotes `text` for a shell, where it needs quotes.
std::string shell_word(const std::string& text);

}  // namespace gan
