#include "gan/data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/images/pixels.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr unsigned char kUnsignedByte = 8;
constexpr int kMaxDimensions = 4;
// Deflate packs at best 1032 bytes into one (zlib's technical details), so a gzip file cannot hold more than this.
constexpr uint64_t kDeflateLimit = 1032;
// Images do not shrink to a hundredth; what claims to have, and is not small anyway, is made to fill the memory.
constexpr uint64_t kBelievable = 100, kSmall = 64 << 20;

[[noreturn]] void fail(const fs::path& path, const std::string& what, const std::string& hint = {}) {
  throw Error(path.string() + ": " + what, hint);
}

uint32_t big_endian(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

std::string times(const std::vector<int64_t>& sizes) {
  std::string text;
  for (const int64_t size : sizes) text += (text.empty() ? "" : " x ") + to_text(size);
  return text;
}

/// A file that zlib reads, plain or gzipped.
class Input {
 public:
  explicit Input(const fs::path& path) : path_(path) {
    require_regular_file(path);
    file_size_ = fs::file_size(path);
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) fail(path, "cannot open");
    gzbuffer(file_.get(), static_cast<unsigned>(std::clamp<uint64_t>(file_size_, 1 << 12, 1 << 18)));
  }

  /// Up to `size` bytes; fewer only at the end of the file.
  uint64_t read(void* out, uint64_t size) {
    const size_t got = gzfread(out, 1, size, file_.get());
    int code = Z_OK;
    const char* message = gzerror(file_.get(), &code);
    if (code != Z_OK && code != Z_BUF_ERROR) fail(path_, std::string("damaged gzip data: ") + message);
    cut_off_ = code == Z_BUF_ERROR;
    return got;
  }

  /// The most that the whole content can measure, as far as the size of the file tells.
  uint64_t content_limit() { return gzdirect(file_.get()) ? file_size_ : file_size_ * kDeflateLimit; }
  bool packed() { return !gzdirect(file_.get()); }
  uint64_t file_size() const { return file_size_; }
  bool cut_off() const { return cut_off_; }  ///< the last read met the end of the file amid gzip data

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  fs::path path_;
  uint64_t file_size_ = 0;
  bool cut_off_ = false;
  std::unique_ptr<gzFile_s, Close> file_;
};

}  // namespace

at::Tensor read_idx(const fs::path& path) {
  Input input(path);
  std::array<unsigned char, 4> magic{};
  if (input.read(magic.data(), magic.size()) != magic.size() || magic[0] != 0 || magic[1] != 0) {
    fail(path, "not an IDX file: expected it to begin with 00 00 08 and the number of dimensions");
  }
  if (magic[2] != kUnsignedByte) {
    fail(path, "IDX type: expected 8 (unsigned bytes), got " + to_text(int64_t{magic[2]}));
  }
  if (magic[3] < 1 || magic[3] > kMaxDimensions) {
    fail(path, "IDX dimensions: expected 1 to 4, got " + to_text(int64_t{magic[3]}));
  }
  std::array<unsigned char, 4 * kMaxDimensions> raw{};
  const uint64_t raw_size = 4u * magic[3];
  if (input.read(raw.data(), raw_size) != raw_size) fail(path, "truncated: the file ends within its header");

  std::vector<int64_t> sizes;
  uint64_t expected = 1;
  bool too_large = false;
  for (int i = 0; i < magic[3]; ++i) {
    sizes.push_back(big_endian(&raw[4 * i]));
    too_large |= __builtin_mul_overflow(expected, static_cast<uint64_t>(sizes.back()), &expected);
  }
  if (expected == 0 && !too_large) fail(path, "the header says " + times(sizes) + ": nothing in it");
  const uint64_t header = magic.size() + raw_size;
  too_large |= expected > static_cast<uint64_t>(INT64_MAX) - header;
  const uint64_t limit = input.content_limit();
  if (!too_large && !input.packed() && expected + header != input.file_size()) {
    fail(path, (expected + header > input.file_size() ? "truncated: " : "too long: ") +
                   std::string("the header says ") + times(sizes) + ", that is " +
                   to_text(static_cast<int64_t>(expected + header)) + " bytes, the file has " +
                   to_text(static_cast<int64_t>(input.file_size())));
  }
  if (too_large || expected > limit) {
    fail(path, "the header says " + times(sizes) + ", more than a file of " +
                   to_text(static_cast<int64_t>(input.file_size())) + " bytes can hold");
  }
  if (input.packed() && expected > std::max(kSmall, kBelievable * input.file_size())) {
    fail(path,
         "the header says " + times(sizes) + ", more than " + to_text(static_cast<int64_t>(kBelievable)) +
             " times the " + to_text(static_cast<int64_t>(input.file_size())) + " bytes of the file",
         "a gzip bomb, or unpack it first");
  }
  const at::Tensor tensor = at::empty(sizes, at::kByte);
  const uint64_t got = input.read(tensor.data_ptr(), expected);
  if (got < expected) {
    fail(path, "truncated: the header says " + times(sizes) + ", that is " + to_text(static_cast<int64_t>(expected)) +
                   " bytes of data, got " + to_text(static_cast<int64_t>(got)));
  }
  unsigned char beyond = 0;
  if (input.read(&beyond, 1) != 0) fail(path, "too long: more data than the " + times(sizes) + " of its header");
  if (input.cut_off()) fail(path, "truncated: the file ends within its gzip data");
  return tensor;
}

at::Tensor read_idx_images(const fs::path& path) {
  const at::Tensor array = read_idx(path);
  return with_context(path.string(), [&] { return as_images(array); });
}

void write_idx(const fs::path& path, const at::Tensor& tensor) {
  at::Tensor data = tensor.cpu().contiguous();
  if (data.dim() == 4 && data.size(1) == 1) data = data.squeeze(1);
  TORCH_CHECK(data.scalar_type() == at::kByte && data.dim() >= 1 && data.dim() <= kMaxDimensions,
              "write_idx: expected uint8 with one to four dimensions");
  std::string bytes{0, 0, kUnsignedByte, static_cast<char>(data.dim())};
  for (const int64_t size : data.sizes()) {
    TORCH_CHECK(size <= UINT32_MAX, "write_idx: a dimension of more than 32 bits");
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  }
  bytes.append(static_cast<const char*>(data.const_data_ptr()), data.nbytes());
  if (path.extension() == ".gz") {
    if (bytes.size() > UINT32_MAX) fail(path, "more than 4 GiB, too much for a .gz", "write it without .gz");
    z_stream stream{};
    constexpr int kGzip = 15 + 16;  // the largest window, with a gzip header
    TORCH_CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int code = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    TORCH_CHECK(code == Z_STREAM_END, "write_idx: deflate failed");
    bytes = std::move(packed);
  }
  write_file(path, bytes);
}

}  // namespace gan
