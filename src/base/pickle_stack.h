#pragma once

#include <c10/core/ScalarType.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/value.h"

namespace gan {

struct Item;
using Items = std::vector<Item>;
struct Mark {};
struct Global {
  std::string name;  ///< module and class, with a space between
};
struct Tuple {
  Items items;
  int depth = 1;  ///< of tuples in tuples
};
struct Storage {
  at::ScalarType type;
  std::string_view bytes;
};

/// What lies on the stack: a value, or one of the four things that values are built from.
struct Item : std::variant<Value, Mark, Global, Tuple, Storage> {
  using variant::variant;
};

[[noreturn]] inline void refuse_pickle(const std::string& what) {
  throw Error("not a dictionary of plain values and tensors: " + what);
}

/// `item` as a T, which is a kind of item or of value; throws Error if it is another.
template <class T>
T& as(Item& item, const char* expected) {
  constexpr bool kIsItem =
      std::is_same_v<T, Value> || std::is_same_v<T, Global> || std::is_same_v<T, Tuple> || std::is_same_v<T, Storage>;
  if constexpr (kIsItem) {
    if (T* held = std::get_if<T>(&item)) return *held;
  } else if (Value* value = std::get_if<Value>(&item)) {
    if (T* held = std::get_if<T>(value)) return *held;
  }
  refuse_pickle(std::string("expected ") + expected);
}

/// The stack of the pickle machine. Throws Error where a pickle takes what is not there.
class PickleStack {
 public:
  size_t size() const { return items_.size(); }

  void push(Item item) {
    if (items_.size() == kMaxItems) refuse_pickle("nested too deeply");
    items_.push_back(std::move(item));
  }

  Item& top(const char* expected) {
    if (items_.empty()) refuse_pickle(std::string("expected ") + expected);
    return items_.back();
  }

  template <class T>
  T& top(const char* expected) {
    return as<T>(top(expected), expected);
  }

  template <class T>
  T pop(const char* expected) {
    T taken = std::move(top<T>(expected));
    items_.pop_back();
    return taken;
  }

  Items pop(size_t count) {
    if (count > items_.size()) refuse_pickle("a tuple lacks items");
    Items taken(std::make_move_iterator(items_.end() - count), std::make_move_iterator(items_.end()));
    items_.resize(items_.size() - count);
    return taken;
  }

  /// What lies above the topmost mark; takes the mark, too.
  Items pop_to_mark() {
    const auto mark = std::find_if(items_.rbegin(), items_.rend(),
                                   [](const Item& item) { return std::holds_alternative<Mark>(item); });
    if (mark == items_.rend()) refuse_pickle("a mark is missing");
    Items taken = pop(static_cast<size_t>(mark - items_.rbegin()));
    items_.pop_back();
    return taken;
  }

 private:
  // Far above what our dictionaries need, and low enough that deep nesting cannot exhaust the call stack.
  static constexpr size_t kMaxItems = 4096;

  Items items_;
};

}  // namespace gan
