#pragma once

#include <string>

namespace gan {

/// The bytes of an unsigned number, the lowest first.
template <class Number>
std::string little_endian(Number value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(value); ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

}  // namespace gan
