#include "gan/base/value.h"

#include "gan/base/text.h"

#include <algorithm>

namespace gan {

namespace {

auto find(const Dict& dict, std::string_view key) {
  return std::find_if(dict.items.begin(), dict.items.end(), [&](const auto& item) { return item.first == key; });
}

}  // namespace

bool Dict::contains(std::string_view key) const {
  return find(*this, key) != items.end();
}

const Value& Dict::at(std::string_view key) const {
  const auto item = find(*this, key);
  if (item == items.end()) throw Error("'" + std::string(key) + "' is missing");
  return item->second;
}

void Dict::set(std::string key, Value value) {
  items.emplace_back(std::move(key), std::move(value));
}

const char* kind_name(const Value& value) {
  static constexpr const char* kNames[] = {"None", "bool", "int", "float", "str", "tensor", "list", "dict"};
  return kNames[value.index()];
}

void throw_wrong_kind(std::string_view key, const Value& expected, const Value& got) {
  throw Error("'" + std::string(key) + "': expected " + kind_name(expected) + ", got " + kind_name(got));
}

int64_t count_in(const Dict& dict, const char* key) {
  constexpr int64_t kMost = int64_t{1} << 53;  // beyond any run, and exact in metrics.jsonl
  const auto count = dict.get<int64_t>(key);
  if (count < 0 || count > kMost) throw Error(std::string("'") + key + "' cannot be " + to_text(count));
  return count;
}

List to_list(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

std::vector<std::string> texts_in(const Dict& dict, const char* key) {
  std::vector<std::string> texts;
  for (const Value& value : dict.get<List>(key)) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) throw_wrong_kind(key, Value(std::string()), value);
    texts.push_back(*text);
  }
  return texts;
}

}  // namespace gan
