#include "gan/base/pickle_writer.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "gan/base/text.h"
#include "pickle_format.h"

namespace gan {

namespace {

class Pickler {
 public:
  Pickled run(const Dict& dict) {
    op(kProto), little_endian(2, 1);
    write(dict);
    op(kStop);
    return std::move(pickled_);
  }

 private:
  void op(PickleOp code) { pickled_.bytes += static_cast<char>(code); }
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

}  // namespace

Pickled pickle(const Dict& dict) {
  return Pickler().run(dict);
}

}  // namespace gan
