#pragma once

#include <c10/core/ScalarType.h>

namespace gan {

/// The opcodes that we write or read, named as in Python's pickletools.
enum PickleOp : unsigned char {
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

// Python's names, module and class; torch's `_rebuild_tensor_v2` takes a storage, offset, sizes, strides and two more.
inline constexpr const char* kRebuildTensor = "torch._utils _rebuild_tensor_v2";
inline constexpr const char* kOrderedDict = "collections OrderedDict";

struct StorageType {
  const char* name;
  at::ScalarType type;
};
inline constexpr StorageType kStorageTypes[] = {
    {"torch FloatStorage", at::kFloat},       {"torch DoubleStorage", at::kDouble}, {"torch HalfStorage", at::kHalf},
    {"torch BFloat16Storage", at::kBFloat16}, {"torch LongStorage", at::kLong},     {"torch IntStorage", at::kInt},
    {"torch ByteStorage", at::kByte},         {"torch BoolStorage", at::kBool},
};

}  // namespace gan
