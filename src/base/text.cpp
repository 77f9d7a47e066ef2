#include "gan/base/text.h"

#include <charconv>
#include <cmath>

namespace gan {

namespace {

template <class Number>
bool parse_number(std::string_view text, Number& value) {
  Number parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  value = parsed;
  return true;
}

/// What std::to_chars makes of its arguments.
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

std::string to_text(int64_t value) {
  return print_number(value);
}
std::string to_text(double value) {
  return print_number(value, std::chars_format::general);
}
std::string to_text(bool value) {
  return value ? "true" : "false";
}
std::string to_text(const std::string& value) {
  return value;
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

}  // namespace gan
