#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gan {

/// SHA-256 (FIPS 180-4).
class Sha256 {
 public:
  void update(std::string_view bytes);

  /// The digest of all bytes so far, as 64 lower-case hexadecimal digits. Call it once, last.
  std::string hex();

 private:
  void compress(const uint8_t* block);

  std::array<uint32_t, 8> hash_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_{};
  uint64_t length_ = 0;  ///< bytes
};

}  // namespace gan
