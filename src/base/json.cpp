#include "gan/base/json.h"

#include <cmath>

#include "gan/base/text.h"

namespace gan {

std::string json_number(double value) {
  return std::isfinite(value) ? to_text(value) : "null";
}

std::string json_string(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20) {
      quoted += std::string("\\u00") + kHex[code / 16] + kHex[code % 16];
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string json_object(const JsonFields& fields) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : fields) texts.push_back(json_string(name) + ": " + value);
  return "{" + joined(texts, ", ") + "}";
}

std::string json_array(const std::vector<std::string>& values) {
  return "[" + joined(values, ", ") + "]";
}

std::string json_strings(const std::vector<std::string>& texts) {
  std::vector<std::string> values;
  for (const std::string& text : texts) values.push_back(json_string(text));
  return json_array(values);
}

}  // namespace gan
