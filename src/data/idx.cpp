#include "gan/data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/base/zip.h"
#include "gan/images/pixels.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr unsigned char kUnsignedByte = 8;
constexpr int kMaxDimensions = 4;
// Images do not shrink to a hundredth. A large file that claims so is a gzip bomb.
constexpr uint64_t kPlausibleRatio = 100, kSmall = 64 << 20;

[[noreturn]] void fail(const fs::path& path, const std::string& what, const std::string& hint = {}) {
  throw Error(path.string() + ": " + what, hint);
}

[[noreturn]] void fail_as_no_idx(const fs::path& path, const FileKind& kind) {
  if (kind.what.empty()) {
    fail(path, "not an IDX file: expected it to begin with 00 00 08 and the number of dimensions");
  }
  fail(path, kind.what + ", not an IDX file", kind.archive ? "unpack it first" : kWhatIsRead);
}

uint32_t big_endian(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

std::string times(const std::vector<int64_t>& sizes) {
  std::string text;
  for (const int64_t size : sizes) text += (text.empty() ? "" : " x ") + to_text(size);
  return text;
}

/// The name of a type byte of IDX: " (int32)"; empty for an unknown one.
std::string type_name(unsigned char type) {
  switch (type) {
    case 0x09:
      return " (int8)";
    case 0x0b:
      return " (int16)";
    case 0x0c:
      return " (int32)";
    case 0x0d:
      return " (float32)";
    case 0x0e:
      return " (float64)";
    default:
      return "";
  }
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
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code != Z_OK && code != Z_BUF_ERROR) fail(path_, std::string("damaged gzip data: ") + message);
    cut_off_ = code == Z_BUF_ERROR;
    return got;
  }

  /// An upper bound of the content's bytes, from the size of the file.
  uint64_t content_limit() { return gzdirect(file_.get()) ? file_size_ : file_size_ * kDeflateLimit; }
  bool packed() { return !gzdirect(file_.get()); }
  uint64_t file_size() const { return file_size_; }
  bool cut_off() const { return cut_off_; }  ///< the last read reached the end of the file inside gzip data

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  fs::path path_;
  uint64_t file_size_ = 0;
  bool cut_off_ = false;
  std::unique_ptr<gzFile_s, Close> file_;
};

/// Reads the header. Leaves `input` at the data.
std::vector<int64_t> read_sizes(Input& input, const fs::path& path) {
  std::array<unsigned char, 4> magic{};
  const size_t got_magic = input.read(magic.data(), magic.size());
  if (got_magic != magic.size() || magic[0] != 0 || magic[1] != 0) {
    std::string beginning(reinterpret_cast<const char*>(magic.data()), got_magic);
    beginning.resize(kKindBytes);
    beginning.resize(got_magic + input.read(beginning.data() + got_magic, kKindBytes - got_magic));
    fail_as_no_idx(path, file_kind(beginning, path));
  }
  if (magic[2] != kUnsignedByte) {
    fail(path, "IDX type: expected 8 (unsigned bytes), got " + to_text(int64_t{magic[2]}) + type_name(magic[2]));
  }
  if (magic[3] < 1 || magic[3] > kMaxDimensions) {
    fail(path, "IDX dimensions: expected 1 to 4, got " + to_text(int64_t{magic[3]}));
  }

  std::array<unsigned char, 4 * kMaxDimensions> raw{};
  const uint64_t raw_size = 4u * magic[3];
  if (input.read(raw.data(), raw_size) != raw_size) fail(path, "truncated: the file ends within its header");
  std::vector<int64_t> sizes;
  for (int i = 0; i < magic[3]; ++i) sizes.push_back(big_endian(&raw[4 * i]));
  return sizes;
}

/// The bytes of data that the header promises. Throws Error if the file cannot hold them, before they are allocated.
uint64_t data_bytes(Input& input, const fs::path& path, const std::vector<int64_t>& sizes) {
  const std::string says = "the header says " + times(sizes);
  const auto file_bytes = static_cast<int64_t>(input.file_size());
  const uint64_t header = 4 + 4 * sizes.size();
  uint64_t bytes = 1;
  bool too_large = false;
  for (const int64_t size : sizes) too_large |= __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes);
  if (bytes == 0 && !too_large) fail(path, says + ": the file holds no data");
  too_large |= bytes > static_cast<uint64_t>(INT64_MAX) - header;
  const uint64_t limit = input.content_limit();
  if (!too_large && !input.packed() && bytes + header != input.file_size()) {
    fail(path, (bytes + header > input.file_size() ? "truncated: " : "too long: ") + says + ", that is " +
                   to_text(static_cast<int64_t>(bytes + header)) + " bytes, the file has " + to_text(file_bytes));
  }
  if (too_large || bytes > limit) {
    fail(path, says + ", more than a file of " + to_text(file_bytes) + " bytes can hold");
  }
  if (input.packed() && bytes > std::max(kSmall, kPlausibleRatio * input.file_size())) {
    fail(path,
         says + ", more than " + to_text(static_cast<int64_t>(kPlausibleRatio)) + " times the " + to_text(file_bytes) +
             " bytes of the file",
         "a gzip bomb? if not, unpack it first");
  }
  return bytes;
}

}  // namespace

at::Tensor read_idx(const fs::path& path) {
  Input input(path);
  const std::vector<int64_t> sizes = read_sizes(input, path);
  const uint64_t expected = data_bytes(input, path, sizes);
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
  return with_context(path.string(), [&] { return as_images(array).contiguous(); });
}

class IdxWriter::Gzip {
 public:
  Gzip() {
    constexpr int kWindow = 15 + 16;  // the largest one, with a gzip header
    if (deflateInit2(&stream_, Z_BEST_COMPRESSION, Z_DEFLATED, kWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Gzip() { deflateEnd(&stream_); }

  /// Packs `bytes`, and with Z_FINISH all that is left. Calls `take` with each packed piece.
  template <class Take>
  void pack(std::string_view bytes, int flush, const Take& take) {
    std::array<char, 1 << 16> packed{};
    while (true) {
      const auto some = static_cast<uInt>(std::min<size_t>(bytes.size(), 1 << 30));
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream_.avail_in = some;
      stream_.next_out = reinterpret_cast<Bytef*>(packed.data());
      stream_.avail_out = packed.size();
      const int code = deflate(&stream_, flush);
      take(std::string_view(packed.data(), packed.size() - stream_.avail_out));
      bytes.remove_prefix(some - stream_.avail_in);
      if (flush == Z_FINISH ? code == Z_STREAM_END : bytes.empty() && stream_.avail_out > 0) return;
    }
  }

 private:
  z_stream stream_{};
};

IdxWriter::IdxWriter(const fs::path& path, const std::vector<int64_t>& sizes) : file_(path) {
  TORCH_CHECK(!sizes.empty() && sizes.size() <= kMaxDimensions, "write_idx: expected one to four dimensions");
  std::vector<int64_t> written = sizes;
  if (sizes.size() == 4 && sizes[1] == 1) written.erase(written.begin() + 1);
  if (path.extension() == ".gz") gzip_ = std::make_unique<Gzip>();
  std::string header{0, 0, kUnsignedByte, static_cast<char>(written.size())};
  for (const int64_t size : written) {
    TORCH_CHECK(size <= UINT32_MAX, "write_idx: a dimension of more than 32 bits");
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(size >> shift);
  }
  write(header);
}

IdxWriter::~IdxWriter() = default;

void IdxWriter::append(const at::Tensor& part) {
  TORCH_CHECK(part.scalar_type() == at::kByte, "write_idx: expected uint8");
  const at::Tensor data = part.cpu().contiguous();
  write({static_cast<const char*>(data.const_data_ptr()), data.nbytes()});
}

void IdxWriter::write(std::string_view bytes) {
  if (!gzip_) return file_.write(bytes);
  gzip_->pack(bytes, Z_NO_FLUSH, [&](std::string_view packed) { file_.write(packed); });
}

void IdxWriter::finish() {
  if (gzip_) gzip_->pack({}, Z_FINISH, [&](std::string_view packed) { file_.write(packed); });
  file_.finish();
}

void write_idx(const fs::path& path, const at::Tensor& tensor) {
  IdxWriter file(path, tensor.sizes().vec());
  file.append(tensor);
  file.finish();
}

}  // namespace gan
