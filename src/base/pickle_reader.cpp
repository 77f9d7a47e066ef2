#include "gan/base/pickle_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "pickle_format.h"
#include "pickle_stack.h"

namespace gan {

namespace {

using StorageByName = std::function<std::string_view(const std::string& name)>;

constexpr int kMaxTupleDepth = 4;       // far above what our dictionaries need
constexpr size_t kMaxRemembered = 256;  // bytes; far above what our names need

/// Reads the bytes of a pickle in order.
class PickleBytes {
 public:
  explicit PickleBytes(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(size_t size) {
    if (size > bytes_.size() - at_) refuse_pickle("the pickle is truncated");
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  PickleOp opcode() { return static_cast<PickleOp>(take(1)[0]); }
  uint64_t little_endian(int size) {
    uint64_t value = 0;
    const auto bytes = take(size);
    for (int i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
  }
  int64_t integer(int size) {
    if (size > 8) refuse_pickle("an integer of more than 64 bits");
    if (size == 0) return 0;
    const int unused = 64 - 8 * size;
    return static_cast<int64_t>(little_endian(size) << unused) >> unused;
  }
  std::string line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse_pickle("the pickle is truncated");
    const std::string text(take(end - at_));
    take(1);
    return text;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

Tuple make_tuple(Items items) {
  Tuple tuple;
  for (const auto& item : items) {
    if (const Tuple* inner = std::get_if<Tuple>(&item)) tuple.depth = std::max(tuple.depth, inner->depth + 1);
  }
  if (tuple.depth > kMaxTupleDepth) refuse_pickle("tuples nested too deeply");
  tuple.items = std::move(items);
  return tuple;
}

/// Python would keep the last of equal keys, and we would find the first.
void require_unique_keys(const Value& value) {
  if (const List* list = std::get_if<List>(&value)) {
    for (const auto& held : *list) require_unique_keys(held);
  } else if (const Dict* dict = std::get_if<Dict>(&value)) {
    std::set<std::string_view> keys;
    for (const auto& [key, held] : dict->items) {
      if (!keys.insert(key).second) refuse_pickle("two values for the key '" + key + "'");
      require_unique_keys(held);
    }
  }
}

std::vector<int64_t> sizes_in(Item& item) {
  std::vector<int64_t> sizes;
  for (auto& size : as<Tuple>(item, "sizes").items) {
    sizes.push_back(as<int64_t>(size, "an int"));
    if (sizes.back() < 0) refuse_pickle("a negative size");
  }
  return sizes;
}

/// Throws Error unless the view lies in a storage of `elements`. It may not repeat elements, or a few bytes could ask
/// for any amount of memory.
void require_view(int64_t elements, int64_t offset, at::IntArrayRef sizes, at::IntArrayRef strides) {
  const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  int64_t last = offset, count = 1;
  bool overflow = false;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t size = std::max<int64_t>(sizes[i], 1);  // sizes beside a 0 may not overflow either
    int64_t reach = 0;
    overflow |= __builtin_mul_overflow(count, size, &count);
    overflow |= __builtin_mul_overflow(size - 1, strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  const bool beyond = !empty && (count > elements || last >= elements);
  if (overflow || beyond) refuse_pickle("a tensor larger than its storage");
}

/// torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, backward_hooks).
at::Tensor rebuild_tensor(Items& arguments) {
  const auto& storage = as<Storage>(arguments[0], "a storage");
  const int64_t offset = as<int64_t>(arguments[1], "an offset");
  const auto sizes = sizes_in(arguments[2]), strides = sizes_in(arguments[3]);
  if (sizes.size() != strides.size() || offset < 0) refuse_pickle("a tensor with an invalid shape");
  const auto element_size = static_cast<int64_t>(c10::elementSize(storage.type));
  const auto elements = static_cast<int64_t>(storage.bytes.size()) / element_size;
  require_view(elements, offset, sizes, strides);
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return at::empty(sizes, storage.type);
  // The tensor owns an aligned copy, however the file lies in memory.
  const at::Tensor whole = at::empty({elements}, storage.type);
  std::memcpy(whole.data_ptr(), storage.bytes.data(), static_cast<size_t>(elements * element_size));
  return whole.as_strided(sizes, strides, offset).contiguous();
}

class Unpickler {
 public:
  Unpickler(std::string_view bytes, const StorageByName& storage) : bytes_(bytes), storage_(storage) {}

  Dict run() {
    for (PickleOp op = bytes_.opcode(); op != kStop; op = bytes_.opcode()) carry_out(op);
    if (stack_.size() != 1) refuse_pickle("expected a single object");
    Value dict = stack_.pop<Dict>("a dictionary at the top");
    require_unique_keys(dict);
    return std::move(std::get<Dict>(dict));
  }

 private:
  void carry_out(PickleOp op) {
    if (auto item = literal(op)) return stack_.push(std::move(*item));
    switch (op) {
      case kProto:
        if (bytes_.little_endian(1) != 2) refuse_pickle("expected pickle protocol 2");
        return;
      case kAppend:
        return append(stack_.pop(1));
      case kAppends:
        return append(stack_.pop_to_mark());
      case kSetItem:
        return set_items(stack_.pop(2));
      case kSetItems:
        return set_items(stack_.pop_to_mark());
      case kTuple:
        return stack_.push(make_tuple(stack_.pop_to_mark()));
      case kTuple1:
        return stack_.push(make_tuple(stack_.pop(1)));
      case kTuple2:
        return stack_.push(make_tuple(stack_.pop(2)));
      case kTuple3:
        return stack_.push(make_tuple(stack_.pop(3)));
      case kReduce:
        return call();
      case kBuild:  // drops the attributes of a state_dict, which we do not need
        stack_.pop<Dict>("attributes"), stack_.top<Dict>("a dictionary");
        return;
      case kBinPersId:
        return load_storage();
      case kBinPut:
        return remember(bytes_.little_endian(1));
      case kLongBinPut:
        return remember(bytes_.little_endian(4));
      case kBinGet:
        return recall(bytes_.little_endian(1));
      case kLongBinGet:
        return recall(bytes_.little_endian(4));
      default:
        refuse_pickle("an unknown opcode");
    }
  }

  /// What an opcode pushes by itself or with the bytes behind it; nothing for opcodes that work on the stack.
  std::optional<Item> literal(PickleOp op) {
    switch (op) {
      case kMark:
        return Mark{};
      case kNone:
        return Value(nullptr);
      case kNewTrue:
        return Value(true);
      case kNewFalse:
        return Value(false);
      case kBinInt:
        return Value(bytes_.integer(4));
      case kBinInt1:
        return Value(static_cast<int64_t>(bytes_.little_endian(1)));
      case kBinInt2:
        return Value(static_cast<int64_t>(bytes_.little_endian(2)));
      case kLong1:
        return Value(bytes_.integer(static_cast<int>(bytes_.little_endian(1))));
      case kBinFloat:
        return Value(std::bit_cast<double>(__builtin_bswap64(bytes_.little_endian(8))));
      case kBinUnicode:
        return Value(std::string(bytes_.take(bytes_.little_endian(4))));
      case kEmptyList:
        return Value(List{});
      case kEmptyDict:
        return Value(Dict{});
      case kEmptyTuple:
        return Tuple{};
      case kGlobal: {
        const std::string module = bytes_.line();
        return Global{module + " " + bytes_.line()};
      }
      default:
        return std::nullopt;
    }
  }

  void set_items(Items items) {
    Dict& dict = stack_.top<Dict>("a dictionary");
    if (items.size() % 2 != 0) refuse_pickle("a key without a value");
    for (size_t i = 0; i < items.size(); i += 2) {
      auto& key = as<std::string>(items[i], "a string key");
      dict.set(std::move(key), std::move(as<Value>(items[i + 1], "a value")));
    }
  }

  void append(Items items) {
    List& list = stack_.top<List>("a list");
    for (auto& item : items) list.push_back(std::move(as<Value>(item, "a value")));
  }

  /// Python gives a number to whatever it may need again. Only names may be recalled here: a container that holds
  /// itself many times over, or a long text, would grow without bound.
  void remember(uint64_t index) {
    const Item& item = stack_.top("something to remember");
    const std::string* name = nullptr;
    if (const Global* global = std::get_if<Global>(&item)) name = &global->name;
    if (const Value* value = std::get_if<Value>(&item)) name = std::get_if<std::string>(value);
    if (name && name->size() <= kMaxRemembered) memo_.insert_or_assign(index, item);
  }

  void recall(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) refuse_pickle("an object referenced twice");
    stack_.push(found->second);
  }

  void call() {
    Items arguments = std::move(stack_.pop<Tuple>("arguments").items);
    const std::string function = stack_.pop<Global>("a function").name;
    if (function == kOrderedDict && arguments.empty()) {
      stack_.push(Value(Dict{}));
    } else if (function == kRebuildTensor && arguments.size() == 6) {
      stack_.push(Value(rebuild_tensor(arguments)));
    } else {
      refuse_pickle("a call to " + function);
    }
  }

  void load_storage() {
    Items id = std::move(stack_.pop<Tuple>("a storage").items);
    if (id.size() != 5 || as<std::string>(id[0], "a storage") != "storage") refuse_pickle("an unknown storage");
    const std::string& type_name = as<Global>(id[1], "a storage type").name;
    const std::string& key = as<std::string>(id[2], "a storage name");
    // With one tensor a storage, all tensors together are no larger than the file.
    if (!used_.insert(key).second) refuse_pickle("two tensors in one storage");
    const auto row = std::find_if(std::begin(kStorageTypes), std::end(kStorageTypes),
                                  [&](const auto& each) { return each.name == type_name; });
    if (row == std::end(kStorageTypes)) refuse_pickle("a storage of type " + type_name);
    stack_.push(Storage{row->type, storage_(key)});
  }

  PickleBytes bytes_;
  const StorageByName& storage_;
  PickleStack stack_;
  std::map<uint64_t, Item> memo_;
  std::set<std::string> used_;
};

}  // namespace

Dict unpickle(std::string_view bytes, const StorageByName& storage) {
  return Unpickler(bytes, storage).run();
}

}  // namespace gan
