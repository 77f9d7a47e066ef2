#include "gan/base/pickle_reader.h"

#include <limits>

#include "gan/base/pickle_writer.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

// ---- Pickles written by hand -------------------------------------------------------------------

std::string little_endian(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}
std::string text(const std::string& value) {
  return "X" + little_endian(value.size(), 4) + value;
}
std::string integer(int64_t value) {
  return "\x8a\x08" + little_endian(static_cast<uint64_t>(value), 8);
}
std::string tuple(const std::vector<int64_t>& values) {
  std::string bytes = "(";
  for (const int64_t value : values) bytes += integer(value);
  return bytes + "t";
}
std::string repeated(const std::string& what, int times) {
  std::string bytes;
  for (int i = 0; i < times; ++i) bytes += what;
  return bytes;
}

std::string storage(const std::string& name, const std::string& type = "FloatStorage") {
  return "(" + text("storage") + "ctorch\n" + type + "\n" + text(name) + text("cpu") + integer(6) + "tQ";
}
std::string tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& sizes,
                   const std::vector<int64_t>& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + integer(offset) + tuple(sizes) + tuple(strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

/// Reads `pickle`. The storages "0" and "1" hold the floats 0 to 5, little-endian.
Dict read(const std::string& pickle) {
  static const std::vector<float> numbers{0, 1, 2, 3, 4, 5};
  return unpickle(pickle, [](const std::string& name) {
    if (name != "0" && name != "1") throw Error("no storage " + name);
    return std::string_view(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
  });
}

/// A pickle of {"k": value}.
std::string with(const std::string& value) {
  return "\x80\x02}" + text("k") + value + "s.";
}
Value read_value(const std::string& value) {
  return read(with(value)).at("k");
}
std::string refusal(const std::string& value) {
  return error_of([&] { read(with(value)); });
}

std::vector<float> floats(const Value& value) {
  const at::Tensor flat = std::get<at::Tensor>(value).flatten();
  return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

/// A dictionary with one of each kind.
Dict mixed() {
  Dict inner;
  inner.set("x", 0.5);
  Dict dict;
  dict.set("list", List{nullptr, true, int64_t{-3}, int64_t{1} << 40, "text"});
  dict.set("dict", inner);
  dict.set("tensor", at::arange(6, at::kFloat).view({2, 3}));
  return dict;
}

// ---- Reads --------------------------------------------------------------------------------------

TEST(PickleReader, ReadsAPickleWrittenByPython) {
  // pickle.dumps({"a": [0, 255, 300, 70000, -1, 2**31, -2**63, 2**63 - 1], "b": {"a": s, "c": s}, "n": None, "t": True,
  //               "f": False, "x": -1.5, "u": "\u00e9\u20ac", "e": [], "l": [7]}, 2) with s = "name"
  constexpr unsigned char kBytes[] =
      "\x80\x02\x7d\x71\x00\x28\x58\x01\x00\x00\x00\x61\x71\x01\x5d\x71\x02\x28\x4b\x00\x4b\xff\x4d\x2c\x01\x4a\x70\x11"
      "\x01\x00\x4a\xff\xff\xff\xff\x8a\x05\x00\x00\x00\x80\x00\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80\x8a\x08\xff\xff"
      "\xff\xff\xff\xff\xff\x7f\x65\x58\x01\x00\x00\x00\x62\x71\x03\x7d\x71\x04\x28\x68\x01\x58\x04\x00\x00\x00\x6e\x61"
      "\x6d\x65\x71\x05\x58\x01\x00\x00\x00\x63\x71\x06\x68\x05\x75\x58\x01\x00\x00\x00\x6e\x71\x07\x4e\x58\x01\x00\x00"
      "\x00\x74\x71\x08\x88\x58\x01\x00\x00\x00\x66\x71\x09\x89\x58\x01\x00\x00\x00\x78\x71\x0a\x47\xbf\xf8\x00\x00\x00"
      "\x00\x00\x00\x58\x01\x00\x00\x00\x75\x71\x0b\x58\x05\x00\x00\x00\xc3\xa9\xe2\x82\xac\x71\x0c\x58\x01\x00\x00\x00"
      "\x65\x71\x0d\x5d\x71\x0e\x58\x01\x00\x00\x00\x6c\x71\x0f\x5d\x71\x10\x4b\x07\x61\x75\x2e";
  const Dict dict = read({reinterpret_cast<const char*>(kBytes), sizeof kBytes - 1});
  std::vector<int64_t> integers;
  for (const auto& value : dict.get<List>("a")) integers.push_back(std::get<int64_t>(value));
  using Limits = std::numeric_limits<int64_t>;
  EXPECT_THAT(integers, ElementsAre(0, 255, 300, 70000, -1, 2147483648, Limits::min(), Limits::max()));
  EXPECT_EQ(dict.get<Dict>("b").get<std::string>("a"), "name");
  EXPECT_EQ(dict.get<Dict>("b").get<std::string>("c"), "name");
  EXPECT_EQ(dict.get<std::nullptr_t>("n"), nullptr);
  EXPECT_TRUE(dict.get<bool>("t"));
  EXPECT_FALSE(dict.get<bool>("f"));
  EXPECT_EQ(dict.get<double>("x"), -1.5);
  EXPECT_EQ(dict.get<std::string>("u"), "\xc3\xa9\xe2\x82\xac");
  EXPECT_TRUE(dict.get<List>("e").empty());
  EXPECT_EQ(std::get<int64_t>(dict.get<List>("l").at(0)), 7);
}

TEST(PickleReader, ReadsShortIntegersOfEachLength) {
  EXPECT_EQ(std::get<int64_t>(read_value(std::string("\x8a\x00", 2))), 0);
  EXPECT_EQ(std::get<int64_t>(read_value("\x8a\x01\xff")), -1);
  EXPECT_EQ(std::get<int64_t>(read_value("\x8a\x02\xff\x7f")), 32767);
}

TEST(PickleReader, ReadsAnOrderedDictWithoutItsAttributes) {
  // Python saves a state_dict like this, with its _metadata.
  const Value value = read_value("ccollections\nOrderedDict\n)R(" + text("a") + "K\x01u}" + text("_metadata") + "}sb");
  EXPECT_EQ(std::get<Dict>(value).items.size(), 1u);
  EXPECT_EQ(std::get<Dict>(value).get<int64_t>("a"), 1);
}

TEST(PickleReader, ReadsViews) {
  EXPECT_THAT(floats(read_value(tensor(storage("0"), 0, {2, 3}, {3, 1}))), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(floats(read_value(tensor(storage("0"), 0, {3, 2}, {1, 3}))), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(floats(read_value(tensor(storage("0"), 1, {2}, {4}))), ElementsAre(1, 5));
  EXPECT_THAT(floats(read_value(tensor(storage("0"), 5, {}, {}))), ElementsAre(5));
  EXPECT_EQ(std::get<at::Tensor>(read_value(tensor(storage("0"), 0, {3, 2}, {1, 3}))).sizes(),
            (std::vector<int64_t>{3, 2}));
}

TEST(PickleReader, ReadsATensorWithoutElements) {
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{0}, {100, 0}, {0, 100}, {7, 0, 7}}) {
    const Value value = read_value(tensor(storage("0"), 0, sizes, std::vector<int64_t>(sizes.size(), 1)));
    EXPECT_EQ(std::get<at::Tensor>(value).sizes(), sizes);
  }
}

// ---- Refuses -------------------------------------------------------------------------------------

TEST(PickleReader, RefusesEveryTruncation) {
  const std::string bytes = pickle(mixed()).bytes;
  EXPECT_EQ(read(bytes).items.size(), 3u);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_THROW(read(bytes.substr(0, size)), Error) << size;
}

TEST(PickleReader, SurvivesEveryChangeOfOneByte) {
  const std::string bytes = pickle(mixed()).bytes;
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      Dict dict;
      try {
        dict = read(changed);
      } catch (const Error&) {
        ++refused;
        continue;
      }
      EXPECT_NO_THROW(pickle(dict)) << "byte " << at << " changed to " << value;  // all of it can be written
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(PickleReader, RunsNoCode) {
  const test::TemporaryFolder folder;
  const std::string command = text("touch " + (folder / "owned").string());
  const std::string call = "cposix\nsystem\n(" + command + "tR";
  EXPECT_THAT(error_of([&] { read("\x80\x02" + call + "."); }), HasSubstr("posix system"));
  EXPECT_THAT(refusal(call), HasSubstr("posix system"));
  // The other opcodes that call something: INST, OBJ, NEWOBJ, BUILD and STACK_GLOBAL.
  EXPECT_THROW(read_value("(" + command + "iposix\nsystem\n"), Error);
  EXPECT_THROW(read_value("(cposix\nsystem\n" + command + "o"), Error);
  EXPECT_THROW(read_value("cposix\nsystem\n(" + command + "t\x81"), Error);
  EXPECT_THROW(read_value("cposix\nsystem\n}b"), Error);
  EXPECT_THROW(read_value(text("posix") + text("system") + "\x93(" + command + "tR"), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(PickleReader, RefusesAFunctionAsAValue) {
  EXPECT_THAT(refusal("cposix\nsystem\n"), HasSubstr("expected a value"));
  EXPECT_THAT(refusal("]cposix\nsystem\na"), HasSubstr("expected a value"));
}

TEST(PickleReader, RefusesCallsWithWrongArguments) {
  EXPECT_THAT(refusal("ccollections\nOrderedDict\n(K\x01tR"), HasSubstr("a call to"));
  EXPECT_THAT(refusal("ctorch._utils\n_rebuild_tensor_v2\n)R"), HasSubstr("a call to"));
  EXPECT_THROW(read_value("ctorch._utils\n_rebuild_tensor_v2\n(NNNNNNtR"), Error);
}

TEST(PickleReader, RefusesOtherProtocols) {
  // pickle.dumps({}, 4)
  EXPECT_THAT(error_of([] { read(std::string("\x80\x04\x95\x02\0\0\0\0\0\0\0}\x94.", 14)); }),
              HasSubstr("expected pickle protocol 2"));
}

TEST(PickleReader, RefusesAnythingButADictionaryAtTheTop) {
  EXPECT_THAT(error_of([] { read("\x80\x02]."); }), HasSubstr("expected a dictionary at the top"));
  EXPECT_THAT(error_of([] { read("\x80\x02)."); }), HasSubstr("expected a dictionary at the top"));
  EXPECT_THAT(error_of([] { read("\x80\x02."); }), HasSubstr("expected a single object"));
  EXPECT_THAT(error_of([] { read("\x80\x02}}."); }), HasSubstr("expected a single object"));
}

TEST(PickleReader, RefusesIntegersOfMoreThan64Bits) {
  EXPECT_THAT(refusal("\x8a\x09" + std::string(9, '\0')), HasSubstr("more than 64 bits"));
}

TEST(PickleReader, RefusesKeysOtherThanStrings) {
  EXPECT_THAT(refusal("}K\x01K\x02s"), HasSubstr("a string key"));
}

TEST(PickleReader, RefusesAKeyWithoutAValue) {
  EXPECT_THAT(refusal("}(" + text("a") + "u"), HasSubstr("a key without a value"));
}

TEST(PickleReader, RefusesTwoValuesForOneKey) {
  EXPECT_THAT(refusal("}" + text("a") + "K\x01s" + text("a") + "K\x02s"), HasSubstr("two values for the key 'a'"));
  EXPECT_THAT(refusal("]}(" + text("a") + "K\x01" + text("a") + "K\x02ua"), HasSubstr("two values for the key 'a'"));
}

TEST(PickleReader, RefusesOpcodesWithoutTheirOperands) {
  for (const char* opcodes : {"s", "a", "e", "u", "t", "\x85", "\x86", "\x87", "R", "Q", "q\x01", "h\x01", "b"}) {
    EXPECT_THROW(read(std::string("\x80\x02") + opcodes + "}."), Error) << opcodes;
  }
}

TEST(PickleReader, RefusesDeepNesting) {
  constexpr int kDeep = 100'000;
  EXPECT_THAT(refusal(repeated("]", kDeep) + repeated("a", kDeep)), HasSubstr("nested too deep"));
  EXPECT_THAT(refusal(repeated("(", kDeep) + repeated("t", kDeep)), HasSubstr("nested too deep"));
  EXPECT_THAT(refusal(")" + repeated("\x85", kDeep)), HasSubstr("nested too deep"));
  const std::string key = text("a");
  EXPECT_THAT(refusal(repeated("}" + key, kDeep) + "N" + repeated("s", kDeep)), HasSubstr("nested too deep"));
}

TEST(PickleReader, ReadsAndWritesNestingUpToItsLimit) {
  constexpr int kDeep = 2000;
  Value value = read_value(repeated("]", kDeep) + repeated("a", kDeep - 1));
  Dict again;
  again.set("k", std::move(value));
  Value list = read(pickle(again).bytes).at("k");
  int depth = 1;
  for (const List* inner = &std::get<List>(list); !inner->empty(); inner = &std::get<List>((*inner)[0])) ++depth;
  EXPECT_EQ(depth, kDeep);
}

TEST(PickleReader, RefusesAContainerReferencedTwice) {
  // A list that holds a list twice, which holds a list twice, and so on, would grow exponentially.
  EXPECT_THAT(refusal("]q\x01(h\x01h\x01"
                      "e"),
              HasSubstr("an object referenced twice"));
}

TEST(PickleReader, RefusesALargeTextReferencedTwice) {
  // Otherwise two bytes each could repeat it.
  EXPECT_THAT(refusal("](" + text(std::string(100'000, 'x')) +
                      "q\x01h\x01"
                      "e"),
              HasSubstr("an object referenced twice"));
  EXPECT_THAT(refusal("](c" + std::string(100'000, 'x') +
                      "\ny\nq\x01h\x01"
                      "e"),
              HasSubstr("an object referenced twice"));
}

// ---- Refuses tensors ----------------------------------------------------------------------------

TEST(PickleReader, RefusesATensorLargerThanItsStorage) {
  constexpr int64_t kHuge = int64_t{1} << 62, kMost = std::numeric_limits<int64_t>::max();
  const std::string larger = "a tensor larger than its storage";
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {7}, {1})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0"), 1, {6}, {1})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0"), 6, {}, {})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {2}, {6})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {4, kHuge}, {1, 1})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {3}, {kMost})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0"), kMost, {2}, {1})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {0, kHuge, kHuge}, {1, 1, 1})), HasSubstr(larger));
  EXPECT_THAT(refusal(tensor(storage("0", "DoubleStorage"), 0, {6}, {1})), HasSubstr(larger));
}

TEST(PickleReader, RefusesAViewThatRepeatsElementsToFillMemory) {
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {1'000'000'000'000}, {0})), HasSubstr("larger than its storage"));
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {6, 6}, {1, 0})), HasSubstr("larger than its storage"));
}

TEST(PickleReader, RefusesNegativeSizesStridesAndOffsets) {
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {-1}, {1})), HasSubstr("a negative size"));
  EXPECT_THAT(refusal(tensor(storage("0"), 5, {6}, {-1})), HasSubstr("a negative size"));
  EXPECT_THAT(refusal(tensor(storage("0"), -1, {1}, {1})), HasSubstr("invalid shape"));
  EXPECT_THAT(refusal(tensor(storage("0"), 0, {2, 3}, {1})), HasSubstr("invalid shape"));
}

TEST(PickleReader, RefusesTwoTensorsInOneStorage) {
  const std::string one = tensor(storage("0"), 0, {6}, {1}), other = tensor(storage("1"), 0, {6}, {1});
  EXPECT_THAT(refusal("](" + one + one + "e"), HasSubstr("two tensors in one storage"));
  EXPECT_EQ(std::get<List>(read_value("](" + one + other + "e")).size(), 2u);
}

TEST(PickleReader, RefusesUnknownStorages) {
  EXPECT_THAT(refusal(tensor(storage("7"), 0, {1}, {1})), HasSubstr("no storage 7"));
  EXPECT_THAT(refusal(tensor(storage("0", "QInt8Storage"), 0, {1}, {1})), HasSubstr("torch QInt8Storage"));
  EXPECT_THAT(refusal("(" + text("module") + "NNNNtQ"), HasSubstr("an unknown storage"));
  EXPECT_THAT(refusal(")Q"), HasSubstr("an unknown storage"));
}

}  // namespace
}  // namespace gan
