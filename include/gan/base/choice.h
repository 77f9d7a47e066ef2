#pragma once

#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

/// One row of the {value, word} table of an enum. Beside an enum E that users choose from, define
///   constexpr auto choices(E) -> std::array<Choice<E>, n>
/// The parser, the printer, the help and the list in error messages all read that table.
template <class E>
struct Choice {
  E value;
  std::string_view word;
};

template <class E>
concept Choosable = std::is_enum_v<E> && requires(E e) {
  choices(e)[0].word;
};

/// The word of `value`; empty if it is not in the table.
template <Choosable E>
std::string to_text(E value) {
  for (const auto& choice : choices(E{})) {
    if (choice.value == value) return std::string(choice.word);
  }
  return {};
}

/// All words, in the table's order.
template <Choosable E>
std::vector<std::string> word_list() {
  std::vector<std::string> all;
  for (const auto& choice : choices(E{})) all.emplace_back(choice.word);
  return all;
}

/// All words: "adam|sgd|rmsprop".
template <Choosable E>
std::string words() {
  return joined(word_list<E>(), "|");
}

/// Sets `value` to the row with that word; false if there is none.
template <Choosable E>
bool parse_text(std::string_view text, E& value) {
  for (const auto& choice : choices(E{})) {
    if (choice.word == text) return value = choice.value, true;
  }
  return false;
}

}  // namespace gan
