#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gan {

/// Zip files as PyTorch writes them: uncompressed entries, aligned to 64 bytes. Only below 4 GiB.
constexpr std::string_view kZipBeginning = "PK\x03\x04";
constexpr uint64_t kMaxZipBytes = 0xffffffff;

/// Bytes that deflate packs into one, at most (zlib's technical details): a file that claims more is not believed.
constexpr uint64_t kDeflateLimit = 1032;

struct ZipEntry {
  std::string name;
  std::string_view bytes;
};

/// A zip file with these entries in their order. Throws Error if it would reach 4 GiB or has too many entries.
std::string pack_zip(const std::vector<ZipEntry>& entries);

/// The entries of a zip file; their bytes point into `file`. Throws Error unless every header lies within the file, no
/// entry is compressed or encrypted, and every checksum holds.
std::vector<ZipEntry> unpack_zip(std::string_view file);

}  // namespace gan
