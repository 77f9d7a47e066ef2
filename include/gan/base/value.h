#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gan/base/error.h"

namespace gan {

struct Value;
using List = std::vector<Value>;

/// A dictionary that keeps its order; checkpoints and `g.pt` are made of these.
struct Dict {
  std::vector<std::pair<std::string, Value>> items;

  bool contains(std::string_view key) const;
  const Value& at(std::string_view key) const;  ///< throws Error if the key is missing
  void set(std::string key, Value value);       ///< appends; the caller keeps keys unique

  /// The value of `key` as a T (one of Value's kinds). Throws Error if it is missing or of another kind.
  template <class T>
  const T& get(std::string_view key) const;
};

/// A plain value or a tensor: the kinds that Python's `torch.load(weights_only=True)` accepts.
struct Value : std::variant<std::nullptr_t, bool, int64_t, double, std::string, at::Tensor, List, Dict> {
  using variant::variant;
};

/// The kind of a value by its Python name: "int", "str", "tensor".
const char* kind_name(const Value& value);

/// Throws the Error of `get` for a value of the wrong kind.
[[noreturn]] void throw_wrong_kind(std::string_view key, const Value& expected, const Value& got);

template <class T>
const T& Dict::get(std::string_view key) const {
  const Value& value = at(key);
  if (const T* held = std::get_if<T>(&value)) return *held;
  throw_wrong_kind(key, Value(T{}), value);
}

/// A number of steps, images or the like. Throws Error for one that cannot be.
int64_t count_in(const Dict& dict, const char* key);

/// Texts as a list, and a list's texts. `texts_in` throws Error for other items.
List to_list(const std::vector<std::string>& texts);
std::vector<std::string> texts_in(const Dict& dict, const char* key);

}  // namespace gan
