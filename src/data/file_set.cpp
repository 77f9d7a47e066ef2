#include "gan/data/file_set.h"

#include <ATen/ops/from_file.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/base/zip.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

bool is_hidden(std::string_view name) {
  return std::ranges::any_of(split(name, '/'), [](std::string_view part) {
    return part.empty() || part.starts_with('.') || part == "__MACOSX";
  });
}

/// A name from the archive on, without "./" or "/" in front.
std::string_view relative(std::string_view name) {
  while (name.starts_with("./") || name.starts_with('/')) name.remove_prefix(name.find('/') + 1);
  return name;
}

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// ---- Folders -------------------------------------------------------------------------------------

class Folder : public FileSet {
 public:
  explicit Folder(const fs::path& path) : path_(path) {
    for (std::vector<fs::path> folders{path}, links; !folders.empty();
         folders = std::exchange(links, {})) {  // links last: each folder is found under its own name
      std::ranges::sort(folders);
      for (size_t i = 0; i < folders.size(); ++i) take_entries(fs::path(folders[i]), folders, links);
    }
    std::ranges::sort(files_, {}, &StoredFile::name);
  }

  std::string read(size_t index) const override { return read_file(path_ / files_[index].name); }

 private:
  /// Takes the folder's files, and appends the folders in it, and those that links in it lead to.
  void take_entries(const fs::path& folder, std::vector<fs::path>& folders, std::vector<fs::path>& links) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) == 0 && !seen_.emplace(info.st_dev, info.st_ino).second) return;
    std::error_code error, none;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      const fs::path& path = entry->path();
      if (path.filename().string().starts_with('.') || ::stat(path.c_str(), &info) != 0) continue;
      if (S_ISDIR(info.st_mode)) {
        (entry->is_symlink(none) ? links : folders).push_back(path);
      } else if (S_ISREG(info.st_mode)) {
        files_.push_back(
            {path.lexically_relative(path_).string(), static_cast<uint64_t>(info.st_size), nanoseconds(info.st_mtim)});
      }
    }
    if (error) throw Error(folder.string() + ": cannot read this folder: " + error.message());
  }

  fs::path path_;
  std::set<std::pair<dev_t, ino_t>> seen_;  ///< folders: links may go round in circles
};

class OneFile : public FileSet {
 public:
  explicit OneFile(const fs::path& path) : path_(path) {
    require_regular_file(path);
    files_.push_back({path.filename().string(), static_cast<uint64_t>(fs::file_size(path))});
  }

  std::string read(size_t) const override { return read_file(path_); }

 private:
  fs::path path_;
};

// ---- Archives ------------------------------------------------------------------------------------

/// An archive's bytes, mapped.
class Archive : public FileSet {
 protected:
  explicit Archive(const fs::path& path) {
    require_regular_file(path);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) throw Error("cannot open");
    changed_ = nanoseconds(info.st_mtim);
    const int64_t size = info.st_size;
    try {
      if (size > 0) mapped_ = at::from_file(path.string(), /*shared=*/false, size, at::kByte);
    } catch (const c10::Error&) {
      throw Error("cannot be mapped into memory: " + with_commas(size) + " bytes");
    }
  }

  void add(StoredFile file) {
    file.changed = changed_;
    files_.push_back(std::move(file));
  }

  std::string_view bytes() const {
    if (!mapped_.defined()) return {};
    return {static_cast<const char*>(mapped_.const_data_ptr()), static_cast<size_t>(mapped_.numel())};
  }

  std::string_view part(uint64_t at, uint64_t size) const {
    if (at > bytes().size() || size > bytes().size() - at) throw Error("truncated or damaged: it points past its end");
    return bytes().substr(at, size);
  }

 private:
  at::Tensor mapped_;
  int64_t changed_ = 0;  ///< nanoseconds
};

/// Sorts entries by name. Unpacking would leave the last of those with the same one.
template <class Entry>
void keep_last_of_each_name(std::vector<Entry>& entries) {
  const auto name = [](const Entry& entry) -> const std::string& { return entry.file.name; };
  const auto alike = [&](const Entry& a, const Entry& b) { return name(a) == name(b); };
  std::ranges::reverse(entries);
  std::ranges::stable_sort(entries, {}, name);
  entries.erase(std::unique(entries.begin(), entries.end(), alike), entries.end());
}

uint64_t little_endian(std::string_view field) {
  uint64_t value = 0;
  for (size_t i = field.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(field[i]);
  return value;
}

/// zlib's raw deflate. Throws Error unless it gives exactly `size` bytes.
std::string inflated(std::string_view packed, uint64_t size) {
  if (std::max<uint64_t>(packed.size(), size) > std::numeric_limits<uInt>::max())
    throw Error("a packed file of 4 GB or more");
  if (size / kDeflateLimit > packed.size()) throw Error("damaged: a size that it cannot unpack to");
  std::string bytes(size, '\0');
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int end = ::inflate(&stream, Z_FINISH);
  ::inflateEnd(&stream);
  if (end != Z_STREAM_END || stream.avail_out != 0) throw Error("damaged: it does not unpack to its size");
  return bytes;
}

/// APPNOTE.TXT 6.3.10: 4.3.7 local header, 4.3.12 central directory, 4.3.14 to 4.3.16 end records, 4.5.3 zip64 field.
class Zip : public Archive {
 public:
  explicit Zip(const fs::path& path) : Archive(with_end_record(path)) {
    auto [at, count] = directory();
    for (uint64_t i = 0; i < count; ++i) at += take_entry(at);
    keep_last_of_each_name(entries_);
    for (const Entry& entry : entries_) add(entry.file);
  }

  std::string read(size_t index) const override {
    constexpr uint64_t kLocalSize = 30, kStored = 0, kDeflated = 8;
    const Entry& entry = entries_[index];
    const std::string_view local = part(entry.offset, kLocalSize);
    if (!local.starts_with("PK\x03\x04")) throw Error("damaged: no header where the archive says");
    const uint64_t names = little_endian(local.substr(26, 2)) + little_endian(local.substr(28, 2));
    const std::string_view packed = part(entry.offset + kLocalSize + names, entry.packed);
    if (entry.method != kStored && entry.method != kDeflated) {
      throw Error("packed by method " + to_text(static_cast<int64_t>(entry.method)) + ", which is not read");
    }
    std::string content = entry.method == kStored ? std::string(packed) : inflated(packed, entry.file.bytes);
    const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
    if (crc != entry.crc) throw Error("damaged: a wrong checksum");
    return content;
  }

 private:
  struct Entry {
    StoredFile file;
    uint64_t offset = 0, packed = 0, method = 0, crc = 0;
  };

  static constexpr size_t kMostTail = 22 + 0xffff;  // bytes of the end record, with the longest comment

  /// The path, if the file ends as a zip archive does: others may be too large to map.
  static const fs::path& with_end_record(const fs::path& path) {
    require_regular_file(path);
    const uint64_t size = fs::file_size(path), tail = std::min<uint64_t>(size, kMostTail);
    std::string bytes(tail, '\0');
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(size - tail));
    file.read(bytes.data(), static_cast<std::streamsize>(tail));
    if (bytes.rfind("PK\x05\x06") == std::string::npos) throw Error("not a zip archive, or a truncated one");
    return path;
  }

  /// Where the directory begins, and how many entries it has.
  std::pair<uint64_t, uint64_t> directory() const {
    constexpr uint64_t kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56, kMany = 0xffff, kFar = 0xffffffff;
    const std::string_view tail = bytes().substr(bytes().size() - std::min<size_t>(bytes().size(), kMostTail));
    const size_t found = tail.rfind("PK\x05\x06");
    if (found == std::string_view::npos) throw Error("not a zip archive, or a truncated one");
    const size_t end = bytes().size() - tail.size() + found;
    const std::string_view record = part(end, kEndSize);
    const uint64_t count = little_endian(record.substr(10, 2)), at = little_endian(record.substr(16, 4));
    if ((count != kMany && at != kFar) || end < kLocatorSize) return {at, count};
    const std::string_view locator = part(end - kLocatorSize, kLocatorSize);
    if (!locator.starts_with("PK\x06\x07")) return {at, count};
    const std::string_view record64 = part(little_endian(locator.substr(8, 8)), kEnd64Size);
    return {little_endian(record64.substr(48, 8)), little_endian(record64.substr(32, 8))};
  }

  /// Takes the entry at `at` of the directory if it is a file that is not hidden. The bytes of the entry.
  uint64_t take_entry(uint64_t at) {
    constexpr uint64_t kSize = 46, kEncrypted = 1;
    const std::string_view header = part(at, kSize);
    if (!header.starts_with("PK\x01\x02")) throw Error("damaged: its directory");
    const auto field = [&](size_t begin, size_t size) { return little_endian(header.substr(begin, size)); };
    const uint64_t name_size = field(28, 2), extra_size = field(30, 2),
                   whole = kSize + name_size + extra_size + field(32, 2);
    const std::string_view name = relative(part(at + kSize, name_size));
    Entry entry;
    entry.file.name = name;
    entry.file.bytes = field(24, 4);
    entry.offset = field(42, 4), entry.packed = field(20, 4), entry.method = field(10, 2), entry.crc = field(16, 4);
    widen(entry, part(at + kSize + name_size, extra_size));
    if (is_hidden(name) || is_symbolic_link(field(4, 2), field(38, 4)))
      return whole;  // a folder's name ends in a slash
    if (field(8, 2) & kEncrypted) throw Error(entry.file.name + " is encrypted");
    entries_.push_back(entry);
    return whole;
  }

  /// By the version of the program that made the entry, and its external attributes: on Unix, a file's mode.
  static bool is_symbolic_link(uint64_t made_by, uint64_t attributes) {
    constexpr uint64_t kUnix = 3;
    return made_by >> 8 == kUnix && S_ISLNK(attributes >> 16);
  }

  /// Takes the numbers that need 64 bits from an entry's extra fields.
  static void widen(Entry& entry, std::string_view extra) {
    constexpr uint64_t kZip64 = 1, kFar = 0xffffffff;
    while (extra.size() >= 4) {
      const uint64_t id = little_endian(extra.substr(0, 2)), size = little_endian(extra.substr(2, 2));
      std::string_view field = extra.substr(4, size);
      if (id == kZip64) {
        for (uint64_t* number : {&entry.file.bytes, &entry.packed, &entry.offset}) {
          if (*number != kFar || field.size() < 8) continue;
          *number = little_endian(field.substr(0, 8));
          field.remove_prefix(8);
        }
      }
      extra.remove_prefix(std::min<size_t>(extra.size(), 4 + size));
    }
  }

  std::vector<Entry> entries_;
};

/// POSIX.1-2017, pax: the ustar and pax formats; and GNU tar's long names and large numbers.
class Tar : public Archive {
 public:
  explicit Tar(const fs::path& path) : Archive(path) {
    std::string long_name, long_link;
    std::map<std::string, Entry> whole;  // that links may name
    int64_t long_size = kNone;
    for (uint64_t at = 0; at < bytes().size();) {
      const std::string_view header = part(at, kBlock);
      if (header[0] == '\0') break;
      require_checksum(header);
      const uint64_t size = long_size == kNone ? number(header.substr(124, 12)) : static_cast<uint64_t>(long_size);
      const std::string_view content = part(at + kBlock, size);
      const char type = header[156];
      if (type == 'L') {
        long_name = text(content);
      } else if (type == 'K') {
        long_link = text(content);
      } else if (type == 'x') {
        take_pax(content, long_name, long_link, long_size);
      } else if (type != 'g') {
        const std::string name(relative(long_name.empty() ? name_in(header) : long_name));
        if (type == '1') {  // a hard link; symbolic ones are left out
          const auto original =
              whole.find(std::string(relative(long_link.empty() ? text(header.substr(157, 100)) : long_link)));
          if (original != whole.end() && !is_hidden(name))
            entries_.push_back({{name, original->second.file.bytes}, original->second.offset});
        }
        if (type == '0' || type == '\0') whole[name] = {{name, size}, at + kBlock};
        if ((type == '0' || type == '\0') && !is_hidden(name)) {
          entries_.push_back({{name, size}, at + kBlock});
        }
        long_name.clear();
        long_link.clear();
        long_size = kNone;
      }
      at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
    }
    keep_last_of_each_name(entries_);
    for (const Entry& entry : entries_) add(entry.file);
  }

  std::string read(size_t index) const override {
    const Entry& entry = entries_[index];
    return std::string(part(entry.offset, entry.file.bytes));
  }

 private:
  static constexpr uint64_t kBlock = 512;
  static constexpr int64_t kNone = -1;  // of sizes: the header says it

  struct Entry {
    StoredFile file;
    uint64_t offset = 0;
  };

  static std::string text(std::string_view field) { return std::string(field.substr(0, field.find('\0'))); }

  static std::string name_in(std::string_view header) {
    const std::string name = text(header.substr(0, 100)), prefix = text(header.substr(345, 155));
    const bool posix = header.substr(257, 6) == std::string_view("ustar\0", 6);
    return posix && !prefix.empty() ? prefix + "/" + name : name;
  }

  /// Octal digits; or, with the first bit set, big-endian.
  static uint64_t number(std::string_view field) {
    uint64_t value = 0;
    if (static_cast<uint8_t>(field[0]) & 0x80) {
      for (const char c : field.substr(field.size() - 8)) value = value << 8 | static_cast<uint8_t>(c);
      return value;
    }
    const size_t begin = std::min(field.find_first_not_of(' '), field.size());
    std::from_chars(field.data() + begin, field.data() + field.size(), value, 8);
    return value;
  }

  static void require_checksum(std::string_view header) {
    uint64_t sum = 8 * ' ';  // the checksum's own field counts as spaces
    for (size_t i = 0; i < header.size(); ++i) {
      if (i < 148 || i >= 156) sum += static_cast<uint8_t>(header[i]);
    }
    if (sum != number(header.substr(148, 8))) throw Error("not a tar archive, or a damaged one");
  }

  /// Records "27 path=a long name\n".
  static void take_pax(std::string_view records, std::string& name, std::string& link, int64_t& size) {
    while (!records.empty()) {
      size_t length = 0;
      const auto [digits, error] = std::from_chars(records.data(), records.data() + records.size(), length);
      const auto begin = static_cast<size_t>(digits - records.data()) + 1;
      if (error != std::errc{} || length <= begin || length > records.size()) return;
      const std::string_view record = records.substr(begin, length - begin - 1);
      if (record.starts_with("path=")) name = record.substr(5);
      if (record.starts_with("linkpath=")) link = record.substr(9);
      if (record.starts_with("size=")) std::from_chars(record.data() + 5, record.data() + record.size(), size);
      records.remove_prefix(length);
    }
  }

  std::vector<Entry> entries_;
};

}  // namespace

std::unique_ptr<FileSet> open_folder(const fs::path& folder) {
  return std::make_unique<Folder>(folder);
}

std::unique_ptr<FileSet> open_one(const fs::path& file) {
  return std::make_unique<OneFile>(file);
}

std::unique_ptr<FileSet> open_zip(const fs::path& path) {
  return with_context(path.string(), [&] { return std::make_unique<Zip>(path); });
}

std::unique_ptr<FileSet> open_tar(const fs::path& path) {
  return with_context(path.string(), [&] { return std::make_unique<Tar>(path); });
}

}  // namespace gan
