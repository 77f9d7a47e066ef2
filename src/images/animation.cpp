#include "gan/images/animation.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/text.h"

using namespace std::string_literals;

namespace fs = std::filesystem;

// The parts of a file have the names of its format's specification; the header says which.
namespace gan {

namespace {

constexpr int kLevels = 6, kColours = kLevels * kLevels * kLevels, kGrays = 256 - kColours;  // of the GIF's palette

void require(bool holds, const fs::path& path, const std::string& what) {
  if (!holds) throw Error(path.string() + ": " + what);
}

void check(const fs::path& path, const at::Tensor& frames, int64_t milliseconds) {
  TORCH_CHECK(frames.dim() == 4 && frames.scalar_type() == at::kByte && frames.numel() > 0 &&
                  (frames.size(1) == 1 || frames.size(1) == 3 || frames.size(1) == 4),
              "animation: expected uint8 [N, 1, 3 or 4, H, W]");
  require(milliseconds >= 1 && milliseconds <= UINT16_MAX, path,
          "expected 1 to 65,535 milliseconds a frame, got " + with_commas(milliseconds));
}

std::string described(const at::Tensor& frames) {
  return with_commas(frames.size(0)) + " frames of " + to_text(frames.size(3)) + "x" + to_text(frames.size(2));
}

std::string_view bytes_of(const at::Tensor& contiguous) {
  return {static_cast<const char*>(contiguous.const_data_ptr()), contiguous.nbytes()};
}

std::string little_endian(int64_t value) {
  return {static_cast<char>(value), static_cast<char>(value >> 8)};
}

std::string big_endian(int64_t value, int bytes = 4) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string global_color_table(bool gray) {
  const auto level = [](int i, int levels) { return static_cast<char>(255 * i / (levels - 1)); };
  std::string table;
  for (int i = 0; i < 256; ++i) {
    const int red = i / (kLevels * kLevels), green = i / kLevels % kLevels, blue = i % kLevels;
    if (gray) {
      table.append(3, static_cast<char>(i));
    } else if (i < kColours) {
      table += {level(red, kLevels), level(green, kLevels), level(blue, kLevels)};
    } else {
      table.append(3, level(i - kColours, kGrays));
    }
  }
  return table;
}

bool is_gray(const at::Tensor& frames) {
  return frames.size(1) == 1 || (frames.narrow(1, 0, 1) == frames).all().item<bool>();
}

/// A frame, [3, H, W], as indices of the colour table, [H, W]. Where channels differ by little, grays are nearer than
/// the few colours.
at::Tensor dithered(const at::Tensor& frame) {
  const int64_t height = frame.size(1), width = frame.size(2);
  const at::Tensor bayer = at::tensor({0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5}, at::kInt).view({4, 4});
  const at::Tensor thresholds =
      bayer.repeat({(height + 3) / 4, (width + 3) / 4}).slice(0, 0, height).slice(1, 0, width);
  const at::Tensor wide = frame.to(at::kInt);
  const auto levels_of = [&](const at::Tensor& values, int levels) {
    return ((values * (levels - 1) * 16).floor_divide(255) + thresholds).floor_divide(16);
  };
  constexpr int kNearlyGray = 6;  // levels; a gray is then off by less than four on average
  const at::Tensor cube = levels_of(wide, kLevels), gray = levels_of(wide.sum(0).floor_divide(3), kGrays);
  const at::Tensor colour = (cube[0] * kLevels + cube[1]) * kLevels + cube[2];
  return at::where(wide.amax(0) - wide.amin(0) < kNearlyGray, kColours + gray, colour).to(at::kByte);
}

/// Variable-length-code LZW compression (GIF89a, appendix F) of bytes.
class LzwEncoder {
 public:
  std::string encode(std::string_view pixels) {
    put_code(kClear);
    prefix_ = static_cast<uint8_t>(pixels.front());
    for (const char pixel : pixels.substr(1)) put(static_cast<uint8_t>(pixel));
    put_prefix();
    put_code(kEndOfInformation);
    put_bits(0, 7);  // fills the last byte
    return codes_;
  }

 private:
  static constexpr int kClear = 256, kEndOfInformation = 257, kFirst = 258, kMost = 4096;

  void put(uint8_t pixel) {
    uint16_t& longer = longer_[prefix_][pixel];
    if (longer == 0) {
      longer = static_cast<uint16_t>(longer_.size());
      put_prefix();
      if (longer_.size() == kMost) clear();
      prefix_ = pixel;
    } else {
      prefix_ = longer;
    }
  }
  void put_prefix() {
    put_code(prefix_);
    longer_.emplace_back();  // a new code; a decoder counts them, too
  }
  void clear() {
    put_code(kClear);
    longer_.assign(kFirst, {});
  }
  /// A decoder is one code behind: it learns how a string goes on from the next one.
  void put_code(int code) { put_bits(code, std::bit_width(longer_.size() - 1)); }
  void put_bits(int bits, int count) {
    held_ |= bits << held_bits_;
    for (held_bits_ += count; held_bits_ >= 8; held_bits_ -= 8, held_ >>= 8) codes_ += static_cast<char>(held_);
  }

  using Codes = std::array<uint16_t, 256>;
  std::vector<Codes> longer_ = std::vector<Codes>(kFirst);  ///< [string][pixel]: the code of both; 0 for none yet
  int prefix_ = 0;                                          ///< the code of the pixels that are not written yet
  int held_ = 0, held_bits_ = 0;
  std::string codes_;
};

std::string gif_frame(const at::Tensor& frame, bool gray, int64_t hundredths) {
  const at::Tensor indices = (gray ? frame[0] : dithered(frame)).contiguous();
  const std::string codes = LzwEncoder().encode(bytes_of(indices));
  std::string bytes = "\x21\xf9\x04\0"s + little_endian(hundredths) + "\0\0"s;  // Graphic Control Extension
  bytes += "\x2c\0\0\0\0"s + little_endian(frame.size(2)) + little_endian(frame.size(1)) + '\0';  // Image Descriptor
  bytes += '\x08';  // LZW Minimum Code Size
  for (size_t at = 0; at < codes.size(); at += 255) {
    const std::string block = codes.substr(at, 255);
    bytes += static_cast<char>(block.size()) + block;
  }
  return bytes + '\0';
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string checked = type + data;
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
  return big_endian(static_cast<int64_t>(data.size())) + checked + big_endian(static_cast<int64_t>(crc));
}

/// The rows of a frame, each after its filter type: "Up", the difference from the row above.
at::Tensor scanlines(const at::Tensor& frame) {
  constexpr int kUp = 2;
  const at::Tensor rows = frame.permute({1, 2, 0}).flatten(1);  // [H, W * C]
  const at::Tensor above = at::constant_pad_nd(rows, {0, 0, 1, -1});
  return at::constant_pad_nd(rows - above, {1, 0}, kUp).contiguous();
}

std::string deflated(const at::Tensor& lines) {
  uLongf size = compressBound(lines.nbytes());
  std::string packed(size, '\0');
  const auto* from = static_cast<const Bytef*>(lines.const_data_ptr());
  if (compress(reinterpret_cast<Bytef*>(packed.data()), &size, from, lines.nbytes()) != Z_OK) throw std::bad_alloc();
  packed.resize(size);
  return packed;
}

}  // namespace

void write_gif(const fs::path& path, const at::Tensor& frames, int64_t milliseconds) {
  check(path, frames, milliseconds);
  const int64_t height = frames.size(2), width = frames.size(3);
  require(frames.size(1) != 4, path, "a GIF has no alpha channel; an animated PNG has: --format apng");
  require(std::max(height, width) <= UINT16_MAX, path, "a GIF cannot hold " + described(frames));
  constexpr char kTableOf256 = '\xf7';
  std::string file = "GIF89a" + little_endian(width) + little_endian(height) + kTableOf256 + "\0\0"s;
  const bool gray = is_gray(frames);
  file += global_color_table(gray);
  file += "\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"s;  // repeats for ever
  const int64_t hundredths = std::max<int64_t>(2, (milliseconds + 5) / 10);
  for (int64_t i = 0; i < frames.size(0); ++i) file += gif_frame(frames[i].cpu(), gray, hundredths);
  file += '\x3b';
  write_file(path, file);
}

void write_apng(const fs::path& path, const at::Tensor& frames, int64_t milliseconds) {
  check(path, frames, milliseconds);
  const int64_t count = frames.size(0), channels = frames.size(1), height = frames.size(2), width = frames.size(3);
  const uint64_t most_data = 4 + compressBound(static_cast<uLong>(height * (1 + width * channels)));
  // Its numbers, such as a chunk's length, have 31 bits.
  require(count <= INT32_MAX / 2 && most_data <= INT32_MAX, path, "an animated PNG cannot hold " + described(frames));
  const std::string size = big_endian(width) + big_endian(height);
  const char bit_depth = 8, colour_type = channels == 1 ? 0 : channels == 3 ? 2 : 6;
  std::string file = "\x89PNG\r\n\x1a\n" + chunk("IHDR", size + bit_depth + colour_type + "\0\0\0"s);
  file += chunk("acTL", big_endian(count) + big_endian(0));  // 0: plays for ever
  const std::string control =
      size + big_endian(0) + big_endian(0) + big_endian(milliseconds, 2) + big_endian(1000, 2) + "\0\0"s;
  int64_t sequence_number = 0;
  for (int64_t i = 0; i < count; ++i) {
    file += chunk("fcTL", big_endian(sequence_number++) + control);
    const std::string data = deflated(scanlines(frames[i].cpu()));
    file += i == 0 ? chunk("IDAT", data) : chunk("fdAT", big_endian(sequence_number++) + data);
  }
  file += chunk("IEND", "");
  write_file(path, file);
}

}  // namespace gan
