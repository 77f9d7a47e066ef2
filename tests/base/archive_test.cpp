#include "gan/base/archive.h"

#include <bit>
#include <cstring>
#include <limits>

#include "gan/base/zip.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::TemporaryFolder;
using testing::HasSubstr;

/// Expects equal bits, kinds, types and order.
bool same(const Value& a, const Value& b) {
  if (a.index() != b.index()) return false;
  const auto equal = [&b](const auto& x) {
    using T = std::decay_t<decltype(x)>;
    const T& y = std::get<T>(b);
    if constexpr (std::is_same_v<T, at::Tensor>) {
      const at::Tensor left = x.contiguous(), right = y.contiguous();
      return left.scalar_type() == right.scalar_type() && left.sizes() == right.sizes() &&
             (left.numel() == 0 || std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0);
    } else if constexpr (std::is_same_v<T, double>) {
      return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
    } else if constexpr (std::is_same_v<T, List>) {
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), same);
    } else if constexpr (std::is_same_v<T, Dict>) {
      return std::equal(x.items.begin(), x.items.end(), y.items.begin(), y.items.end(),
                        [](const auto& p, const auto& q) { return p.first == q.first && same(p.second, q.second); });
    } else {
      return x == y;
    }
  };
  return std::visit(equal, static_cast<const Value::variant&>(a));
}

Dict dict_of(Value value) {
  Dict dict;
  dict.set("k", std::move(value));
  return dict;
}
void expect_round_trip(const Value& value) {
  const Dict dict = dict_of(value);
  EXPECT_TRUE(same(unpack_archive(pack_archive(dict)), dict)) << kind_name(value);
}

/// A dictionary with one of each kind, whose archive is below 1,000 bytes.
Dict small() {
  Dict dict;
  dict.set("a", List{nullptr, true, int64_t{1} << 40, 0.5, "text"});
  dict.set("t", at::arange(6, at::kFloat).view({2, 3}));
  return dict;
}

constexpr std::string_view kPython = GAN_TEST_PYTHON;
constexpr const char* kNoPython = "scripts/setup.sh found no Python with torch";

/// The output of a program for that Python.
std::string python(const std::string& program) {
  const test::Ran ran = test::run(std::string(kPython), {"-c", program});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.out;
}

TEST(Archive, KeepsPlainValues) {
  using Integers = std::numeric_limits<int64_t>;
  using Doubles = std::numeric_limits<double>;
  expect_round_trip(nullptr);
  for (const bool value : {false, true}) expect_round_trip(value);
  for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{INT32_MAX}, int64_t{INT32_MAX} + 1, int64_t{INT32_MIN},
                              int64_t{INT32_MIN} - 1, Integers::min(), Integers::max()}) {
    expect_round_trip(value);
  }
  for (const double value : {0.0, -0.0, 0.1, Doubles::max(), Doubles::denorm_min(), Doubles::infinity(),
                             -Doubles::infinity(), Doubles::quiet_NaN()}) {
    expect_round_trip(value);
  }
  for (const std::string value : {"", "text", "\xc3\xa9\xe2\x82\xac", "line\nline"}) expect_round_trip(value);
  expect_round_trip(std::string("\0zero", 5));
  expect_round_trip(std::string(100'000, 'x'));
}

TEST(Archive, KeepsNestedContainersAndTheirOrder) {
  Dict inner;
  inner.set("z", List{});
  inner.set("a", Dict{});
  inner.set("", List{List{int64_t{1}}, inner, nullptr});
  expect_round_trip(inner);
  expect_round_trip(List{inner, List{inner, at::ones({2})}, at::zeros({2})});
  EXPECT_TRUE(same(unpack_archive(pack_archive({})), Dict{}));
}

TEST(Archive, KeepsTensorsOfEveryType) {
  for (const auto type :
       {at::kFloat, at::kDouble, at::kLong, at::kInt, at::kByte, at::kBool, at::kHalf, at::kBFloat16}) {
    expect_round_trip(at::arange(7, at::kFloat).remainder(3).to(type));
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  expect_round_trip(at::tensor({kInfinity, -kInfinity, std::nanf(""), -0.0f, 1e-45f}));
}

TEST(Archive, KeepsTensorsOfEveryShape) {
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{}, {0}, {3, 0}, {0, 3}, {1, 1, 1, 1}, {2, 3, 4, 5}}) {
    expect_round_trip(at::randn(sizes));
  }
}

TEST(Archive, WritesOnlyTheElementsOfAView) {
  const at::Tensor whole = at::arange(24, at::kFloat).view({2, 3, 2, 2});
  expect_round_trip(whole.transpose(0, 1));
  expect_round_trip(whole.contiguous(at::MemoryFormat::ChannelsLast));
  expect_round_trip(whole.slice(1, 1, 3).select(3, 1));
  expect_round_trip(at::arange(1, 2).expand({5}));
  expect_round_trip(List{whole[0], whole[1]});  // one storage, written as two
  EXPECT_LT(pack_archive(dict_of(at::zeros({1'000'000})[5])).size(), 2000u);
  const at::Tensor read = unpack_archive(pack_archive(dict_of(whole.transpose(0, 3)))).get<at::Tensor>("k");
  EXPECT_TRUE(read.is_contiguous());
}

TEST(Archive, TensorsOwnTheirMemoryAndHaveNoGradient) {
  at::Tensor read;
  {
    const std::string bytes = pack_archive(dict_of(at::ones({3}).requires_grad_()));
    read = unpack_archive(bytes).get<at::Tensor>("k");
  }
  EXPECT_FALSE(read.requires_grad());
  EXPECT_TRUE(at::equal(read.mul_(2), at::full({3}, 2.0f)));
}

TEST(Archive, EqualDictionariesGiveEqualBytes) {
  EXPECT_EQ(pack_archive(small()), pack_archive(small()));
}

TEST(Archive, RefusesEveryTruncation) {
  const std::string bytes = pack_archive(small());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(unpack_archive(std::string_view(bytes).substr(0, size)), Error) << size;
  }
}

TEST(Archive, AFlippedBitIsAnErrorOrChangesNothing) {
  const Dict dict = small();
  const std::string bytes = pack_archive(dict);
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      try {
        EXPECT_TRUE(same(unpack_archive(changed), dict)) << "bit " << bit << " of byte " << at;
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(Archive, AcceptsAnyFolderName) {
  const std::string bytes = pack_archive(small());
  std::vector<ZipEntry> entries = unpack_zip(bytes);
  for (auto& entry : entries) entry.name = "g_epoch_3" + entry.name.substr(entry.name.find('/'));
  EXPECT_TRUE(same(unpack_archive(pack_zip(entries)), small()));
}

TEST(Archive, RefusesAMissingRecord) {
  const std::string bytes = pack_archive(small());
  for (const std::string name : {"data.pkl", "data/0"}) {
    std::vector<ZipEntry> entries = unpack_zip(bytes);
    std::erase_if(entries, [&](const auto& entry) { return entry.name == "archive/" + name; });
    EXPECT_EQ(error_of([&] { unpack_archive(pack_zip(entries)); }), "the archive has no '" + name + "'");
  }
  EXPECT_EQ(error_of([] { unpack_archive(pack_zip({})); }), "the archive has no 'data.pkl'");
}

TEST(Archive, RefusesADuplicateRecord) {
  // Another reader might use the other one.
  const std::string bytes = pack_archive(small());
  for (const std::string name : {"archive/data.pkl", "other/data.pkl"}) {
    std::vector<ZipEntry> entries = unpack_zip(bytes);
    entries.push_back({name, entries[0].bytes});
    EXPECT_EQ(error_of([&] { unpack_archive(pack_zip(entries)); }), "the archive has two 'data.pkl'");
  }
}

TEST(Archive, NamesTheFileInErrors) {
  const TemporaryFolder folder;
  test::spill(folder / "g.pt", "no archive, but longer than an end record");
  EXPECT_THAT(error_of([&] { read_archive(folder / "g.pt"); }), testing::StartsWith((folder / "g.pt").string() + ": "));
  EXPECT_EQ(error_of([&] { read_archive(folder / "none.pt"); }), (folder / "none.pt").string() + ": no such file");
}

TEST(Archive, WritesAndReadsAFile) {
  const TemporaryFolder folder;
  write_archive(folder / "g.pt", small());
  EXPECT_TRUE(same(read_archive(folder / "g.pt"), small()));
}

TEST(Archive, OpensInPythonByItsDefaults) {
  if (kPython.empty()) GTEST_SKIP() << kNoPython;
  const TemporaryFolder folder;
  Dict inner;
  inner.set("\xc3\xa9", List{nullptr, true, List{}});
  Dict dict;
  dict.set("low", std::numeric_limits<int64_t>::min());
  dict.set("high", std::numeric_limits<int64_t>::max());
  dict.set("small", int64_t{-7});
  dict.set("inf", -std::numeric_limits<double>::infinity());
  dict.set("third", 1.0 / 3.0);
  dict.set("empty", "");
  dict.set("dict", inner);
  dict.set("none", at::empty({2, 0}));
  dict.set("scalar", at::scalar_tensor(2.5, at::kDouble));
  dict.set("t", at::arange(6, at::kFloat).view({2, 3}).t());
  dict.set("half", at::arange(2, at::kHalf));
  dict.set("bfloat16", at::arange(2, at::kBFloat16));
  dict.set("int64", at::arange(2, at::kLong));
  dict.set("int32", at::arange(2, at::kInt));
  dict.set("uint8", at::arange(254, 256, at::kByte));
  dict.set("bool", at::arange(2).to(at::kBool));
  write_archive(folder / "g.pt", dict);
  const std::string out = python(
      "import torch\n"
      "for k, v in torch.load('" +
      (folder / "g.pt").string() +
      "').items():\n"
      "  print(k, (v.dtype, list(v.shape), v.tolist()) if torch.is_tensor(v) else ascii(v))\n");
  EXPECT_EQ(out,
            "low -9223372036854775808\n"
            "high 9223372036854775807\n"
            "small -7\n"
            "inf -inf\n"
            "third 0.3333333333333333\n"
            "empty ''\n"
            "dict {'\\xe9': [None, True, []]}\n"
            "none (torch.float32, [2, 0], [[], []])\n"
            "scalar (torch.float64, [], 2.5)\n"
            "t (torch.float32, [3, 2], [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]])\n"
            "half (torch.float16, [2], [0.0, 1.0])\n"
            "bfloat16 (torch.bfloat16, [2], [0.0, 1.0])\n"
            "int64 (torch.int64, [2], [0, 1])\n"
            "int32 (torch.int32, [2], [0, 1])\n"
            "uint8 (torch.uint8, [2], [254, 255])\n"
            "bool (torch.bool, [2], [False, True])\n");
}

TEST(Archive, ReadsAnArchiveSavedByPython) {
  if (kPython.empty()) GTEST_SKIP() << kNoPython;
  const TemporaryFolder folder;
  const std::string out = python(
      "import torch\n"
      "folder = '" +
      folder.path().string() +
      "/'\n"
      "torch.save({'a': 1, 't': torch.arange(6.).view(2, 3).t(), 's': 'x'}, folder + 'plain.pt')\n"
      "linear = torch.nn.Linear(2, 1)\n"
      "linear.weight.data = torch.tensor([[1., 2.]])\n"
      "linear.bias.data = torch.tensor([3.])\n"
      "torch.save(linear.state_dict(), folder + 'linear.pt')\n"
      "whole = torch.arange(4.)\n"
      "torch.save({'a': whole[:2], 'b': whole[2:]}, folder + 'shared.pt')\n"
      "torch.save(linear, folder + 'module.pt')\n"
      "torch.save({'a': 1}, folder + 'old.pt', _use_new_zipfile_serialization=False)\n");
  EXPECT_EQ(out, "");

  Dict plain;
  plain.set("a", int64_t{1});
  plain.set("t", at::tensor({0.f, 3.f, 1.f, 4.f, 2.f, 5.f}).view({3, 2}));
  plain.set("s", "x");
  EXPECT_TRUE(same(read_archive(folder / "plain.pt"), plain));

  Dict linear;
  linear.set("weight", at::tensor({1.f, 2.f}).view({1, 2}));
  linear.set("bias", at::tensor({3.f}));
  EXPECT_TRUE(same(read_archive(folder / "linear.pt"), linear));

  EXPECT_THAT(error_of([&] { read_archive(folder / "shared.pt"); }), HasSubstr("two tensors in one storage"));
  EXPECT_THAT(error_of([&] { read_archive(folder / "module.pt"); }), HasSubstr("not a dictionary of plain values"));
  EXPECT_THAT(error_of([&] { read_archive(folder / "old.pt"); }), HasSubstr("not a zip file"));
}

}  // namespace
}  // namespace gan
