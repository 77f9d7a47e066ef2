#include "gan/base/zip.h"

#include <zlib.h>

#include <cstdint>
#include <limits>

#include "gan/base/error.h"

// Field by field after APPNOTE.TXT 6.3.3: 4.3.7 local file header, 4.3.12 central directory, 4.3.16 end record.
namespace gan {

namespace {

constexpr uint32_t kLocalHeader = 0x04034b50;
constexpr uint32_t kCentralHeader = 0x02014b50;
constexpr uint32_t kEndRecord = 0x06054b50;
constexpr size_t kLocalHeaderSize = 30;
constexpr size_t kCentralHeaderSize = 46;
constexpr size_t kEndRecordSize = 22;
constexpr size_t kAlignment = 64;
constexpr size_t kMaxEntries = std::numeric_limits<uint16_t>::max();
constexpr uint16_t kDosDate = 0x21;  // 1 January 1980, always: equal content makes equal files

void put(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

uint32_t crc_of(std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// The fields that local and central headers share.
void put_common(std::string& out, const ZipEntry& entry, uint32_t crc, size_t extra_size) {
  put(out, 0, 2);  // flags
  put(out, 0, 2);  // method: stored
  put(out, 0, 2);  // time
  put(out, kDosDate, 2);
  put(out, crc, 4);
  put(out, entry.bytes.size(), 4);
  put(out, entry.bytes.size(), 4);
  put(out, entry.name.size(), 2);
  put(out, extra_size, 2);
}

/// Reads little-endian fields in order. Checks first that all `size` bytes lie in the file.
class Fields {
 public:
  Fields(std::string_view file, uint64_t at, size_t size) : file_(file), at_(at) {
    if (at > file.size() || size > file.size() - at) throw Error("the zip structure points outside the file");
  }
  uint32_t take(int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= uint32_t{static_cast<unsigned char>(file_[at_++])} << (8 * i);
    return value;
  }
  void skip(int bytes) { at_ += bytes; }

 private:
  std::string_view file_;
  uint64_t at_;
};

std::string_view part(std::string_view file, uint64_t at, uint64_t size) {
  if (at > file.size() || size > file.size() - at) throw Error("the zip structure points outside the file");
  return file.substr(at, size);
}

uint64_t find_end_record(std::string_view file) {
  if (file.size() < kEndRecordSize) throw Error("not a zip file: too short");
  const uint64_t lowest = file.size() - std::min<uint64_t>(file.size(), kEndRecordSize + 0xffff);
  for (uint64_t at = file.size() - kEndRecordSize + 1; at-- > lowest;) {
    if (Fields(file, at, 4).take(4) == kEndRecord) return at;
  }
  throw Error("not a zip file, or a truncated one");
}

}  // namespace

std::string pack_zip(const std::vector<ZipEntry>& entries) {
  uint64_t size = kEndRecordSize;
  for (const auto& entry : entries) {
    size += kLocalHeaderSize + kCentralHeaderSize + 2 * entry.name.size() + kAlignment + 4 + entry.bytes.size();
  }
  if (size >= kMaxZipBytes) throw Error("the archive would be larger than 4 GiB");
  if (entries.size() > kMaxEntries) throw Error("the archive would have more than 65,535 entries");
  std::string file, directory;
  file.reserve(size);
  for (const auto& entry : entries) {
    const size_t offset = file.size();
    const uint32_t crc = crc_of(entry.bytes);
    const size_t unpadded = offset + kLocalHeaderSize + entry.name.size() + 4;
    const size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;

    put(file, kLocalHeader, 4);
    put(file, 20, 2);  // needs version 2.0
    put_common(file, entry, crc, padding + 4);
    file += entry.name;
    file += "FB";  // the extra field that PyTorch pads with
    put(file, padding, 2);
    file.append(padding, 'Z');
    file += entry.bytes;

    put(directory, kCentralHeader, 4);
    put(directory, 20, 2);  // made by version 2.0
    put(directory, 20, 2);
    put_common(directory, entry, crc, 0);
    put(directory, 0, 2);  // comment length
    put(directory, 0, 2);  // disk
    put(directory, 0, 2);  // internal attributes
    put(directory, 0, 4);  // external attributes
    put(directory, offset, 4);
    directory += entry.name;
  }
  const size_t directory_offset = file.size();
  file += directory;
  put(file, kEndRecord, 4);
  put(file, 0, 2);  // this disk
  put(file, 0, 2);  // the directory's disk
  put(file, entries.size(), 2);
  put(file, entries.size(), 2);
  put(file, directory.size(), 4);
  put(file, directory_offset, 4);
  put(file, 0, 2);  // comment length
  return file;
}

std::vector<ZipEntry> unpack_zip(std::string_view file) {
  Fields end(file, find_end_record(file) + 8, kEndRecordSize - 8);
  const uint32_t count = end.take(2);
  end.skip(6);
  uint64_t at = end.take(4);

  std::vector<ZipEntry> entries;
  uint64_t total = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Fields central(file, at, kCentralHeaderSize);
    if (central.take(4) != kCentralHeader) throw Error("the zip directory is damaged");
    central.skip(4);
    const uint32_t flags = central.take(2);
    const uint32_t method = central.take(2);
    central.skip(4);
    const uint32_t crc = central.take(4);
    const uint32_t packed = central.take(4);
    const uint32_t unpacked = central.take(4);
    const uint32_t name_size = central.take(2);
    const uint32_t extra_size = central.take(2);
    const uint32_t comment_size = central.take(2);
    central.skip(8);
    const uint64_t offset = central.take(4);
    const std::string name(part(file, at + kCentralHeaderSize, name_size));
    at += kCentralHeaderSize + name_size + extra_size + comment_size;
    if (method != 0 || packed != unpacked || (flags & 1)) throw Error("'" + name + "' is compressed or encrypted");

    Fields local(file, offset, kLocalHeaderSize);
    if (local.take(4) != kLocalHeader) throw Error("the zip header of '" + name + "' is damaged");
    local.skip(22);
    const uint64_t local_name_size = local.take(2);
    const uint64_t local_extra_size = local.take(2);
    const std::string_view bytes = part(file, offset + kLocalHeaderSize + local_name_size + local_extra_size, packed);
    // Otherwise a small file could list the same bytes thousands of times.
    if ((total += packed) > file.size()) throw Error("the zip entries overlap");
    if (crc_of(bytes) != crc) throw Error("'" + name + "' is damaged: wrong checksum");
    entries.push_back({name, bytes});
  }
  return entries;
}

}  // namespace gan
