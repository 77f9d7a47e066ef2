#include "gan/images/picture.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "gan/base/error.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"

namespace {

// stb unpacks whatever a PNG file holds; a picture of a few pixels could fill the memory.
thread_local size_t most_allocated = std::numeric_limits<size_t>::max();

void* allocate(size_t size) {
  return size <= most_allocated ? std::malloc(size) : nullptr;
}
void* reallocate(void* block, size_t size) {
  return size <= most_allocated ? std::realloc(block, size) : nullptr;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 65500
#define STBI_MALLOC(size) allocate(size)
#define STBI_REALLOC(block, size) reallocate(block, size)
#define STBI_FREE(block) std::free(block)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb_image.h>
#pragma GCC diagnostic pop

namespace gan {

namespace {

using namespace std::string_view_literals;

constexpr auto kJpeg = "\xff\xd8\xff"sv, kPng = "\x89PNG\r\n\x1a\n"sv, kBmp = "BM"sv;

/// What stb does not tell.
struct Extras {
  int orientation = 1;       ///< EXIF's
  bool transparent = false;  ///< a PNG without an alpha channel names a colour that is
};

enum class Order { big, little };

/// The whole number of `size` bytes at `at`; none if the bytes end before it does.
std::optional<uint32_t> number_at(std::string_view bytes, uint64_t at, size_t size, Order order) {
  if (at > bytes.size() || bytes.size() - at < size) return std::nullopt;
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i) {
    number = number << 8 | static_cast<uint8_t>(bytes[at + (order == Order::big ? i : size - 1 - i)]);
  }
  return number;
}

/// The orientation tag of an EXIF block, a TIFF header and its first directory: 1 to 8; 1 if it has none.
int orientation_in(std::string_view exif) {
  constexpr uint32_t kOrientation = 0x112, kEntrySize = 12;
  if (!exif.starts_with("II*\0"sv) && !exif.starts_with("MM\0*"sv)) return 1;
  const Order order = exif[0] == 'I' ? Order::little : Order::big;
  const uint64_t directory = number_at(exif, 4, 4, order).value_or(0);
  const uint32_t count = number_at(exif, directory, 2, order).value_or(0);
  for (uint64_t i = 0, at = directory + 2; i < count; ++i, at += kEntrySize) {
    if (number_at(exif, at, 2, order) != kOrientation) continue;
    const uint32_t value = number_at(exif, at + 8, 2, order).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

/// Throws Error for a Huffman table of more codes than there are bytes, which stb writes past its end.
void require_huffman_tables(std::string_view segment) {
  constexpr size_t kHead = 17, kMostCodes = 256;  // a table's class, and how many codes it has of each length
  while (!segment.empty()) {
    if (segment.size() < kHead) throw Error("damaged: its Huffman tables");
    size_t codes = 0;
    for (const char count : segment.substr(1, kHead - 1)) codes += static_cast<uint8_t>(count);
    if (codes > kMostCodes || segment.size() < kHead + codes) throw Error("damaged: its Huffman tables");
    segment.remove_prefix(kHead + codes);
  }
}

/// Walks over all segments, in the scans from marker to marker. Throws Error for a file that stops before its end
/// marker, where stb takes gray for what is missing.
int orientation_of_jpeg(std::string_view file) {
  constexpr uint32_t kApp1 = 0xe1, kHuffman = 0xc4, kEnd = 0xd9, kFirstRestart = 0xd0, kLastRestart = 0xd7;
  int orientation = 1;
  for (uint64_t at = file.find('\xff', 2);; at = file.find('\xff', at)) {
    const auto marker = number_at(file, at, 2, Order::big), length = number_at(file, at + 2, 2, Order::big);
    const uint32_t kind = marker.value_or(0) & 0xff;
    if (marker && kind == kEnd) return orientation;
    if (!marker || !length) throw Error("truncated: the file ends before the picture does");
    if (kind == 0xff) {  // fill bytes
      ++at;
      continue;
    }
    if (kind == 0 || (kind >= kFirstRestart && kind <= kLastRestart)) {  // within a scan
      at += 2;
      continue;
    }
    if (*length < 2) throw Error("damaged: a segment without a length");
    const std::string_view segment = file.substr(std::min<uint64_t>(at + 4, file.size()), *length - 2);
    if (kind == kHuffman) require_huffman_tables(segment);
    if (kind == kApp1 && segment.starts_with("Exif\0\0"sv)) orientation = orientation_in(segment.substr(6));
    at += 2 + uint64_t{*length};
  }
}

/// Checks what stb does not: the chunks' checksums.
Extras extras_of_png(std::string_view file) {
  Extras extras;
  for (uint64_t at = kPng.size();;) {
    const auto length = number_at(file, at, 4, Order::big);
    const auto expected = length ? number_at(file, at + 8 + *length, 4, Order::big) : std::nullopt;
    if (!expected) throw Error("truncated: the file ends before the picture does");
    const std::string_view type_and_data = file.substr(at + 4, 4 + uint64_t{*length}),
                           type = type_and_data.substr(0, 4);
    const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(type_and_data.data()), type_and_data.size());
    if (crc != *expected) throw Error("damaged: a wrong checksum");
    if (type == "eXIf") extras.orientation = orientation_in(type_and_data.substr(4));
    if (type == "tRNS") extras.transparent = true;
    if (type == "IEND") return extras;
    at += 12 + uint64_t{*length};
  }
}

/// Throws Error if the pixels end early, which stb takes as black, or are packed.
void require_whole_bmp(std::string_view file) {
  constexpr uint64_t kMostSide = 65500, kMostBits = 32, kPlain = 0, kMasks = 3;
  const auto field = [&](uint64_t at, size_t size) {
    return uint64_t{number_at(file, at, size, Order::little).value_or(0)};
  };
  const bool old = field(14, 4) == 12;
  const uint64_t begin = field(10, 4), width = field(18, old ? 2 : 4), bits = field(old ? 24 : 28, 2);
  const auto signed_height = static_cast<int32_t>(field(22, 4));  // negative: from the top down
  const uint64_t height = old ? field(20, 2) : static_cast<uint64_t>(std::abs(int64_t{signed_height}));
  const uint64_t packing = old ? kPlain : field(30, 4);
  if (width < 1 || height < 1 || width > kMostSide || height > kMostSide || bits > kMostBits) {
    throw Error("damaged: a picture of impossible size");
  }
  if (packing != kPlain && packing != kMasks) throw Error("a packed BMP picture, which is not read");
  const uint64_t row = (width * bits + 31) / 32 * 4;
  if (begin + row * height > file.size()) throw Error("truncated: the file ends in the picture");
}

at::Tensor upright(const at::Tensor& x, int orientation) {
  const at::Tensor turned = orientation > 4 ? x.transpose(1, 2) : x;
  constexpr std::array<std::array<bool, 2>, 8> kFlips{{{false, false},
                                                       {false, true},
                                                       {true, true},
                                                       {true, false},
                                                       {false, false},
                                                       {false, true},
                                                       {true, true},
                                                       {true, false}}};
  const auto [down, across] = kFlips[static_cast<size_t>(orientation - 1)];
  const at::Tensor flipped = down ? turned.flip(1) : turned;
  return (across ? flipped.flip(2) : flipped).clone(at::MemoryFormat::Contiguous);  // of stb's memory
}

class AllocationLimit {
 public:
  explicit AllocationLimit(size_t bytes) { most_allocated = bytes; }
  ~AllocationLimit() { most_allocated = std::numeric_limits<size_t>::max(); }
  AllocationLimit(const AllocationLimit&) = delete;
};

/// What the file holds beside its pixels; throws Error if it is not a whole picture.
Extras extras_of(std::string_view file) {
  if (file.starts_with(kJpeg)) return {.orientation = orientation_of_jpeg(file)};
  if (file.starts_with(kPng)) return extras_of_png(file);
  if (file.starts_with(kBmp)) return require_whole_bmp(file), Extras{};
  const std::string what = file_kind(file.substr(0, kKindBytes), {}).what;
  throw Error(what.empty() ? "not a JPEG, PNG or BMP picture" : what + ", not a JPEG, PNG or BMP picture");
}

const stbi_uc* bytes_of(std::string_view file) {
  return reinterpret_cast<const stbi_uc*>(file.data());
}

[[noreturn]] void fail() {
  throw Error("damaged, or of a kind that is not read: " + std::string(stbi_failure_reason()));
}

struct Header : Extras {
  int width = 0, height = 0, channels = 0;
};

Header header_of(std::string_view file) {
  if (file.size() > static_cast<size_t>(std::numeric_limits<int>::max())) throw Error("a picture of 2 GB or more");
  Header header{extras_of(file)};
  if (stbi_info_from_memory(bytes_of(file), static_cast<int>(file.size()), &header.width, &header.height,
                            &header.channels) == 0) {
    fail();
  }
  if (header.width < 1 || header.height < 1) throw Error("damaged: a picture of impossible size");
  if (int64_t{header.width} * header.height > kMostPicturePixels) {
    throw Error("a picture of " + to_text(int64_t{header.width}) + "x" + to_text(int64_t{header.height}) +
                " pixels, more than " + with_commas(kMostPicturePixels));
  }
  return header;
}

}  // namespace

Picture decode_picture(std::string_view file) {
  constexpr size_t kMostOverhead = 1 << 20, kMostPerPixel = 24;  // bytes; stb unpacks 8 of 16-bit RGBA, and doubles
  const Header header = header_of(file);
  const auto pixels = static_cast<size_t>(header.width) * static_cast<size_t>(header.height);
  const AllocationLimit limit(kMostOverhead + kMostPerPixel * pixels);
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> decoded(
      stbi_load_from_memory(bytes_of(file), static_cast<int>(file.size()), &width, &height, &channels, 0),
      stbi_image_free);
  if (!decoded) fail();
  const at::Tensor all = at::from_blob(decoded.get(), {height, width, channels}, at::kByte).permute({2, 0, 1});
  const int64_t colors = channels <= 2 ? 1 : 3;
  Picture picture{upright(all.narrow(0, 0, colors), header.orientation), {}};
  if (channels == colors) return picture;
  const at::Tensor alpha = all.narrow(0, colors, 1);
  if (!alpha.eq(255).all().item<bool>()) picture.alpha = upright(alpha, header.orientation);
  return picture;
}

PictureInfo picture_info(std::string_view file) {
  const Header header = header_of(file);
  const bool turned = header.orientation > 4;
  return {.height = turned ? header.width : header.height,
          .width = turned ? header.height : header.width,
          .channels = header.channels <= 2 ? 1 : 3,
          .has_alpha = header.channels % 2 == 0 || header.transparent};
}

bool is_picture_name(const std::filesystem::path& name) {
  constexpr std::array kEndings{".jpg"sv, ".jpeg"sv, ".png"sv, ".bmp"sv};
  return std::ranges::find(kEndings, name_ending(name)) != kEndings.end();
}

}  // namespace gan
