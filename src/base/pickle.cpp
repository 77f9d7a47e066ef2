#include "gan/base/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include "gan/base/text.h"

namespace gan {

namespace {

// Opcodes, named as in Python's pickletools.
enum Op : unsigned char {
  kMark = '(',
  kStop = '.',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBuild = 'b',
  kBinUnicode = 'X',
  kBinFloat = 'G',
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kGlobal = 'c',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kTuple = 't',
  kEmptyTuple = ')',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
};

// Far above what our dictionaries need, and low enough that deep nesting cannot exhaust the call stack.
constexpr size_t kMaxStack = 4096;
constexpr int kMaxTupleDepth = 4;
constexpr size_t kMaxRemembered = 256;  // bytes; far above what our names need

constexpr const char* kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr const char* kOrderedDict = "collections OrderedDict";

struct StorageType {
  const char* name;
  at::ScalarType type;
};
constexpr StorageType kStorageTypes[] = {
    {"torch FloatStorage", at::kFloat},       {"torch DoubleStorage", at::kDouble}, {"torch HalfStorage", at::kHalf},
    {"torch BFloat16Storage", at::kBFloat16}, {"torch LongStorage", at::kLong},     {"torch IntStorage", at::kInt},
    {"torch ByteStorage", at::kByte},         {"torch BoolStorage", at::kBool},
};

// ---- Writing -----------------------------------------------------------------------------------

class Pickler {
 public:
  Pickled run(const Dict& dict) {
    op(kProto), little_endian(2, 1);
    write(dict);
    op(kStop);
    return std::move(pickled_);
  }

 private:
  void op(Op code) { pickled_.bytes += static_cast<char>(code); }
  void little_endian(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) pickled_.bytes += static_cast<char>(value >> (8 * i));
  }
  void global(std::string name) {
    name[name.find(' ')] = '\n';
    op(kGlobal);
    pickled_.bytes += name + "\n";
  }

  void write(const Value& value) {
    std::visit([this](const auto& held) { write(held); }, static_cast<const Value::variant&>(value));
  }
  void write(std::nullptr_t) { op(kNone); }
  void write(bool value) { op(value ? kNewTrue : kNewFalse); }
  void write(int64_t value) {
    const bool fits = value == static_cast<int32_t>(value);
    op(fits ? kBinInt : kLong1);
    if (!fits) little_endian(8, 1);
    little_endian(static_cast<uint64_t>(value), fits ? 4 : 8);
  }
  void write(double value) {
    op(kBinFloat);
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) pickled_.bytes += static_cast<char>(bits >> shift);
  }
  void write(const std::string& value) {
    op(kBinUnicode), little_endian(value.size(), 4);
    pickled_.bytes += value;
  }
  void write(const List& list) {
    op(kEmptyList), op(kMark);
    for (const auto& value : list) write(value);
    op(kAppends);
  }
  void write(const Dict& dict) {
    op(kEmptyDict), op(kMark);
    for (const auto& [key, value] : dict.items) write(key), write(value);
    op(kSetItems);
  }
  void write(at::IntArrayRef numbers) {
    op(kMark);
    for (const int64_t number : numbers) write(number);
    op(kTuple);
  }
  void write(const at::Tensor& tensor) {
    const bool known = std::any_of(std::begin(kStorageTypes), std::end(kStorageTypes),
                                   [&](const auto& row) { return row.type == tensor.scalar_type(); });
    TORCH_CHECK(known, "pickle: a tensor of type ", tensor.scalar_type());
    const at::Tensor stored = tensor.detach().cpu().contiguous();
    global(kRebuildTensor);
    op(kMark);
    write_storage(stored);
    write(int64_t{0});  // offset into the storage
    write(stored.sizes());
    write(stored.strides());
    write(false);                                        // requires_grad
    global(kOrderedDict), op(kEmptyTuple), op(kReduce);  // backward hooks
    op(kTuple), op(kReduce);
  }
  void write_storage(const at::Tensor& stored) {
    op(kMark);
    write(std::string("storage"));
    for (const auto& [name, type] : kStorageTypes) {
      if (type == stored.scalar_type()) global(name);
    }
    write(to_text(static_cast<int64_t>(pickled_.storages.size())));
    write(std::string("cpu"));
    write(stored.numel());
    op(kTuple), op(kBinPersId);
    pickled_.storages.push_back(stored);
  }

  Pickled pickled_;
};

// ---- Reading -----------------------------------------------------------------------------------

struct Item;
using Items = std::vector<Item>;
struct Mark {};
struct Global {
  std::string name;
};
struct Tuple {
  Items items;
  int depth = 1;  ///< of tuples in tuples
};
struct Storage {
  at::ScalarType type;
  std::string_view bytes;
};

/// What lies on the machine's stack: a value, or one of the four things that values are built from.
struct Item : std::variant<Value, Mark, Global, Tuple, Storage> {
  using variant::variant;
};

template <class T>
constexpr bool kIsItem =
    std::is_same_v<T, Value> || std::is_same_v<T, Global> || std::is_same_v<T, Tuple> || std::is_same_v<T, Storage>;

[[noreturn]] void refuse(const std::string& what) {
  throw Error("not a dictionary of plain values and tensors: " + what);
}

class Unpickler {
 public:
  Unpickler(std::string_view bytes, const std::function<std::string_view(const std::string&)>& storage)
      : bytes_(bytes), storage_(storage) {}

  Dict run() {
    while (step(static_cast<Op>(take(1)[0]))) {
    }
    if (stack_.size() != 1) refuse("the pickle leaves something over");
    Value dict = pop<Dict>("a dictionary at the top");
    require_unique_keys(dict);
    return std::move(std::get<Dict>(dict));
  }

 private:
  std::string_view take(size_t size) {
    if (size > bytes_.size() - at_) refuse("the pickle is cut off");
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  uint64_t little_endian(int size) {
    uint64_t value = 0;
    const auto bytes = take(size);
    for (int i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
  }
  std::string line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse("the pickle is cut off");
    const std::string text(take(end - at_));
    take(1);
    return text;
  }

  /// The topmost item as a T, taken off the stack.
  template <class T>
  T pop(const char* expected) {
    if (stack_.empty()) refuse(std::string("expected ") + expected);
    T taken = std::move(as<T>(stack_.back(), expected));
    stack_.pop_back();
    return taken;
  }
  template <class T>
  static T& as(Item& item, const char* expected) {
    if constexpr (kIsItem<T>) {
      if (T* held = std::get_if<T>(&item)) return *held;
    } else if (Value* value = std::get_if<Value>(&item)) {
      if (T* held = std::get_if<T>(value)) return *held;
    }
    refuse(std::string("expected ") + expected);
  }
  template <class T>
  T& top(const char* expected) {
    if (stack_.empty()) refuse(std::string("expected ") + expected);
    return as<T>(stack_.back(), expected);
  }
  Items pop_to_mark() {
    for (size_t i = stack_.size(); i-- > 0;) {
      if (!std::holds_alternative<Mark>(stack_[i])) continue;
      Items items(std::make_move_iterator(stack_.begin() + i + 1), std::make_move_iterator(stack_.end()));
      stack_.resize(i);
      return items;
    }
    refuse("a mark is missing");
  }
  void push_tuple(size_t size) {
    if (size > stack_.size()) refuse("a tuple is cut off");
    Items items(std::make_move_iterator(stack_.end() - size), std::make_move_iterator(stack_.end()));
    stack_.resize(stack_.size() - size);
    push_tuple(std::move(items));
  }
  void push_tuple(Items items) {
    Tuple tuple;
    for (const auto& item : items) {
      if (const Tuple* inner = std::get_if<Tuple>(&item)) tuple.depth = std::max(tuple.depth, inner->depth + 1);
    }
    if (tuple.depth > kMaxTupleDepth) refuse("tuples nested too deep");
    tuple.items = std::move(items);
    push(std::move(tuple));
  }

  void set_items(Items items) {
    Dict& dict = top<Dict>("a dictionary");
    if (items.size() % 2 != 0) refuse("a key without a value");
    for (size_t i = 0; i < items.size(); i += 2) {
      auto& key = as<std::string>(items[i], "a string as key");
      dict.set(std::move(key), std::move(as<Value>(items[i + 1], "a value")));
    }
  }
  void append(Items items) {
    List& list = top<List>("a list");
    for (auto& item : items) list.push_back(std::move(as<Value>(item, "a value")));
  }
  Items pop_items(size_t count) {
    push_tuple(count);
    return std::move(pop<Tuple>("items").items);
  }

  /// Of equal keys Python would keep the last, and we would find the first.
  static void require_unique_keys(const Value& value) {
    if (const List* list = std::get_if<List>(&value)) {
      for (const auto& held : *list) require_unique_keys(held);
    } else if (const Dict* dict = std::get_if<Dict>(&value)) {
      std::set<std::string_view> keys;
      for (const auto& [key, held] : dict->items) {
        if (!keys.insert(key).second) refuse("two values for the key '" + key + "'");
        require_unique_keys(held);
      }
    }
  }

  /// Python names what it may need again; only names may be asked for again here, since a container that holds itself
  /// many times over, or a long text, grows without bound.
  void remember(uint64_t index) {
    if (stack_.empty()) refuse("nothing to remember");
    const Item& item = stack_.back();
    const std::string* name = nullptr;
    if (const Global* global = std::get_if<Global>(&item)) name = &global->name;
    if (const Value* value = std::get_if<Value>(&item)) name = std::get_if<std::string>(value);
    if (name && name->size() <= kMaxRemembered) memo_.insert_or_assign(index, item);
  }
  void recall(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) refuse("an object used twice");
    push(found->second);
  }

  void call() {
    Items args = std::move(pop<Tuple>("arguments").items);
    const std::string function = pop<Global>("a function").name;
    if (function == kOrderedDict && args.empty()) {
      push(Value(Dict{}));
    } else if (function == kRebuildTensor && args.size() == 6) {
      push(Value(rebuild_tensor(args)));
    } else {
      refuse("a call of " + function);
    }
  }
  void load_storage() {
    Items id = std::move(pop<Tuple>("a storage").items);
    if (id.size() != 5 || as<std::string>(id[0], "a storage") != "storage") refuse("an unknown storage");
    const std::string& type_name = as<Global>(id[1], "a storage type").name;
    const std::string& key = as<std::string>(id[2], "a storage name");
    // One tensor a storage, so that all tensors together are no larger than the file.
    if (!used_.insert(key).second) refuse("two tensors in one storage");
    for (const auto& [name, type] : kStorageTypes) {
      if (name == type_name) {
        push(Storage{type, storage_(key)});
        return;
      }
    }
    refuse("a storage of type " + type_name);
  }
  static std::vector<int64_t> numbers(Item& item) {
    std::vector<int64_t> result;
    for (auto& number : as<Tuple>(item, "sizes").items) {
      result.push_back(as<int64_t>(number, "an int"));
      if (result.back() < 0) refuse("a negative size");
    }
    return result;
  }
  static at::Tensor rebuild_tensor(Items& args) {
    const auto& storage = as<Storage>(args[0], "a storage");
    const int64_t offset = as<int64_t>(args[1], "an offset");
    const auto sizes = numbers(args[2]), strides = numbers(args[3]);
    if (sizes.size() != strides.size() || offset < 0) refuse("a tensor of impossible shape");
    // The largest index that the view reaches must lie in the storage; the view may not repeat elements, or a few
    // bytes could ask for any amount of memory.
    const auto element_size = static_cast<int64_t>(c10::elementSize(storage.type));
    const auto elements = static_cast<int64_t>(storage.bytes.size()) / element_size;
    const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
    int64_t last = offset, count = 1;
    for (size_t i = 0; i < sizes.size(); ++i) {
      const int64_t size = std::max<int64_t>(sizes[i], 1);  // what comes beside a 0 counts, too
      int64_t reach = 0;
      if (__builtin_mul_overflow(count, size, &count) || __builtin_mul_overflow(size - 1, strides[i], &reach) ||
          __builtin_add_overflow(last, reach, &last)) {
        refuse("a tensor larger than its storage");
      }
    }
    if (empty) return at::empty(sizes, storage.type);
    if (count > elements || last >= elements) refuse("a tensor larger than its storage");
    // An aligned copy that the tensor owns, however the file lies in memory.
    const at::Tensor whole = at::empty({elements}, storage.type);
    std::memcpy(whole.data_ptr(), storage.bytes.data(), static_cast<size_t>(elements * element_size));
    return whole.as_strided(sizes, strides, offset).contiguous();
  }

  /// Carries out one opcode; false at the end.
  bool step(Op op) {
    switch (op) {
      case kProto:
        if (little_endian(1) != 2) refuse("expected pickle protocol 2");
        return true;
      case kStop:
        return false;
      case kMark:
        return push(Mark{});
      case kNone:
        return push(Value(nullptr));
      case kNewTrue:
        return push(Value(true));
      case kNewFalse:
        return push(Value(false));
      case kBinInt:
        return push(Value(int64_t{static_cast<int32_t>(little_endian(4))}));
      case kBinInt1:
        return push(Value(static_cast<int64_t>(little_endian(1))));
      case kBinInt2:
        return push(Value(static_cast<int64_t>(little_endian(2))));
      case kLong1:
        return push(Value(long_integer(static_cast<int>(little_endian(1)))));
      case kBinFloat:
        return push(Value(std::bit_cast<double>(__builtin_bswap64(little_endian(8)))));
      case kBinUnicode:
        return push(Value(std::string(take(little_endian(4)))));
      case kEmptyList:
        return push(Value(List{}));
      case kEmptyDict:
        return push(Value(Dict{}));
      case kEmptyTuple:
        return push(Tuple{});
      case kGlobal: {
        const std::string module = line();
        return push(Global{module + " " + line()});
      }
      case kAppend:
        return append(pop_items(1)), true;
      case kAppends:
        return append(pop_to_mark()), true;
      case kSetItem:
        return set_items(pop_items(2)), true;
      case kSetItems:
        return set_items(pop_to_mark()), true;
      case kTuple:
        return push_tuple(pop_to_mark()), true;
      case kTuple1:
        return push_tuple(1), true;
      case kTuple2:
        return push_tuple(2), true;
      case kTuple3:
        return push_tuple(3), true;
      case kReduce:
        return call(), true;
      case kBuild:  // attributes of a state_dict: nothing that we keep
        pop<Dict>("attributes"), top<Dict>("a dictionary");
        return true;
      case kBinPersId:
        return load_storage(), true;
      case kBinPut:
        return remember(little_endian(1)), true;
      case kLongBinPut:
        return remember(little_endian(4)), true;
      case kBinGet:
        return recall(little_endian(1)), true;
      case kLongBinGet:
        return recall(little_endian(4)), true;
    }
    refuse("an unknown opcode");
  }
  bool push(Item item) {
    if (stack_.size() == kMaxStack) refuse("nested too deep");
    stack_.push_back(std::move(item));
    return true;
  }
  int64_t long_integer(int size) {
    if (size > 8) refuse("an integer of more than 64 bits");
    if (size == 0) return 0;
    const uint64_t value = little_endian(size);
    const int unused = 64 - 8 * size;
    return static_cast<int64_t>(value << unused) >> unused;
  }

  std::string_view bytes_;
  const std::function<std::string_view(const std::string&)>& storage_;
  size_t at_ = 0;
  std::vector<Item> stack_;
  std::map<uint64_t, Item> memo_;
  std::set<std::string> used_;
};

}  // namespace

Pickled pickle(const Dict& dict) {
  return Pickler().run(dict);
}

Dict unpickle(std::string_view bytes, const std::function<std::string_view(const std::string&)>& storage) {
  return Unpickler(bytes, storage).run();
}

}  // namespace gan
