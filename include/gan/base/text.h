#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// Strict readers of one whole text: false, and `value` untouched, unless every character belongs to the value.
bool parse_text(std::string_view text, int64_t& value);
bool parse_text(std::string_view text, double& value);  ///< finite numbers only
bool parse_text(std::string_view text, bool& value);    ///< "true" or "false"
bool parse_text(std::string_view text, std::string& value);

/// Text that reads back as the same value, with as few digits as that takes.
std::string to_text(int64_t value);
std::string to_text(double value);
std::string to_text(bool value);
std::string to_text(const std::string& value);

/// With so many digits after the point: "3.142".
std::string fixed_text(double value, int digits);

/// Whether `text` is well-formed UTF-8 (RFC 3629): what pickles and TOML files hold.
bool is_utf8(std::string_view text);

/// Appends the character with that code point. Throws Error if there is none.
void append_utf8(std::string& text, uint32_t code);

/// 1234567 as "1,234,567".
std::string with_commas(int64_t value);

/// "adam|sgd" of {"adam", "sgd"} with "|" between.
std::string joined(const std::vector<std::string>& texts, const std::string& between);

/// With ASCII's letters A to Z as a to z.
std::string lower_case(std::string text);

/// As a shell takes it for one word: bare, or in quotes where that is not enough.
std::string shell_word(const std::string& text);

}  // namespace gan
