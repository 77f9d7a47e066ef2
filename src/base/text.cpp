#include "gan/base/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace gan {

namespace {

bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

/// The smallest code point of so many bytes; a longer encoding than needed is malformed.
constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};

bool is_character(uint32_t code) {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

template <class Number>
bool parse_number(std::string_view text, Number& value) {
  Number parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  value = parsed;
  return true;
}

/// std::to_chars as a string.
template <class... Arguments>
std::string print_number(Arguments... arguments) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, arguments...);
  return {buffer, end};
}

}  // namespace

bool parse_text(std::string_view text, int64_t& value) {
  return parse_number(text, value);
}

bool parse_text(std::string_view text, double& value) {
  double parsed{};
  if (!parse_number(text, parsed) || !std::isfinite(parsed)) return false;
  value = parsed;
  return true;
}

bool parse_text(std::string_view text, bool& value) {
  if (text != "true" && text != "false") return false;
  value = text == "true";
  return true;
}

bool parse_text(std::string_view text, std::string& value) {
  value = text;
  return true;
}

bool parse_pair(std::string_view text, int64_t most, int64_t& first, int64_t& second) {
  const size_t x = text.find('x');
  int64_t a = 0, b = 0;
  if (x == std::string_view::npos || !parse_text(text.substr(0, x), a) || !parse_text(text.substr(x + 1), b)) {
    return false;
  }
  if (std::min(a, b) < 1 || std::max(a, b) > most) return false;
  first = a, second = b;
  return true;
}

std::string to_text(int64_t value) {
  return print_number(value);
}
std::string to_text(double value) {
  return print_number(value, std::chars_format::general);
}
std::string fixed_text(double value, int digits) {
  std::vector<char> buffer(400);  // the longest double has 309 digits before the point
  return {buffer.data(), static_cast<size_t>(std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, value))};
}

std::string to_text(bool value) {
  return value ? "true" : "false";
}
std::string to_text(const std::string& value) {
  return value;
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const size_t size = byte(0) < 0x80         ? 1
                        : byte(0) >> 5 == 0x6  ? 2
                        : byte(0) >> 4 == 0xe  ? 3
                        : byte(0) >> 3 == 0x1e ? 4
                                               : 0;
    if (size == 0 || size > text.size() - at) return false;
    uint32_t code = size == 1 ? byte(0) : byte(0) & (0x7f >> size);
    for (size_t i = 1; i < size; ++i) {
      if (byte(i) >> 6 != 0x2) return false;
      code = code << 6 | (byte(i) & 0x3f);
    }
    if (code < kSmallest[size] || !is_character(code)) return false;
    at += size;
  }
  return true;
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

std::string printable(std::string text) {
  std::ranges::replace_if(text, is_control, '?');
  if (!is_utf8(text))
    std::ranges::replace_if(
        text, [](unsigned char c) { return c >= 0x80; }, '?');
  return text;
}

std::string with_commas(int64_t value) {
  const std::string digits = to_text(value).substr(value < 0 ? 1 : 0);
  std::string text = value < 0 ? "-" : "";
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string joined(const std::vector<std::string>& texts, const std::string& between) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : between) + text;
  return all;
}

std::string listed(const std::vector<std::string>& texts) {
  constexpr std::ptrdiff_t kMost = 10;
  std::vector<std::string> first(texts.begin(), texts.begin() + std::min(kMost, std::ssize(texts)));
  if (std::ssize(texts) > kMost) first.emplace_back("...");
  return joined(first, ", ");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    pieces.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return pieces;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:@%=";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace gan
