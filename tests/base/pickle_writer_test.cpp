#include "gan/base/pickle_writer.h"

#include "support/test.h"

namespace gan {
namespace {

TEST(PickleWriter, WritesProtocolTwo) {
  Dict dict;
  dict.set("a", List{int64_t{1}, true, nullptr});
  EXPECT_EQ(pickle(dict).bytes, std::string("\x80\x02}(X\x01\0\0\0a](J\x01\0\0\0\x88Neu.", 22));
}

TEST(PickleWriter, RefusesToWriteATypeItCannotRead) {
  Dict dict;
  dict.set("t", at::ones({2}, at::kShort));
  EXPECT_THROW(pickle(dict), c10::Error);
}

}  // namespace
}  // namespace gan
