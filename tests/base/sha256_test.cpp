#include "gan/base/sha256.h"

#include "support/test.h"

namespace gan {
namespace {

// Test vectors from NIST: FIPS 180-2, appendix B, and the empty message of the CAVP's SHA256ShortMsg.rsp.

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

constexpr const char* kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
constexpr const char* kTwoBlocksDigest = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

TEST(Sha256, HashesNothing) {
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, HashesOneBlock) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, HashesAMessageWhosePaddingNeedsAnotherBlock) {
  EXPECT_EQ(sha256(kTwoBlocks), kTwoBlocksDigest);
}

TEST(Sha256, HashesAMillionLetters) {
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesAreSplit) {
  const std::string_view message = kTwoBlocks;
  for (size_t at = 0; at <= message.size(); ++at) {
    Sha256 hash;
    hash.update(message.substr(0, at));
    hash.update("");
    hash.update(message.substr(at));
    EXPECT_EQ(hash.hex(), kTwoBlocksDigest) << at;
  }
}

TEST(Sha256, HashesBytesThatAreZero) {
  // sha256sum of 64 zero bytes
  EXPECT_EQ(sha256(std::string(64, '\0')), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
}

}  // namespace
}  // namespace gan
