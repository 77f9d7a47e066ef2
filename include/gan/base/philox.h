#pragma once

#include <array>
#include <cstdint>

namespace gan {

/// Philox 4x32-10, a stateless generator: maps a counter and a key to four random 32-bit numbers (Salmon, Moraes, Dror
/// and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). Inlined, so that loops over counters vectorise.
[[gnu::always_inline]] inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter,
                                                             std::array<uint32_t, 2> key) {
  auto [a, b, c, d] = counter;
  auto [k, l] = key;
  for (int round = 0; round < 10; ++round) {
    const uint64_t x = uint64_t{0xd2511f53} * a, y = uint64_t{0xcd9e8d57} * c;
    a = static_cast<uint32_t>(y >> 32) ^ b ^ k;
    b = static_cast<uint32_t>(y);
    c = static_cast<uint32_t>(x >> 32) ^ d ^ l;
    d = static_cast<uint32_t>(x);
    k += 0x9e3779b9;
    l += 0xbb67ae85;
  }
  return {a, b, c, d};
}

/// What numbers are drawn for. Each use has its own counters, so two uses of one key draw different numbers.
enum class PhiloxUse : uint32_t { latents, dropout };

/// The `block`-th four numbers of `key` for `use`.
[[gnu::always_inline]] inline std::array<uint32_t, 4> philox(uint64_t key, uint64_t block, PhiloxUse use) {
  const auto low = [](uint64_t x) { return static_cast<uint32_t>(x); };
  const auto high = [](uint64_t x) { return static_cast<uint32_t>(x >> 32); };
  return philox({low(block), high(block), 0, static_cast<uint32_t>(use)}, {low(key), high(key)});
}

}  // namespace gan
