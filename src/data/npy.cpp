#include "gan/data/npy.h"

#include <ATen/ops/from_file.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/text.h"

namespace gan {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostDimensions = 32;

using NamedType = std::pair<std::string_view, at::ScalarType>;
constexpr NamedType kTypes[] = {{"|u1", at::kByte}, {"<f4", at::kFloat}, {"<f8", at::kDouble},
                                {"|i1", at::kChar}, {"<i4", at::kInt},   {"<i8", at::kLong}};

/// What an array should hold.
enum class Content { bytes, numbers, labels };

/// The text after "'KEY': " in a header, which is a Python dictionary.
std::string_view entry(std::string_view header, const std::string& key) {
  const size_t at = header.find("'" + key + "':");
  if (at == std::string_view::npos) throw Error("its header has no '" + key + "'");
  const std::string_view rest = header.substr(at + key.size() + 3);
  return rest.substr(std::min(rest.size(), rest.find_first_not_of(' ')));
}

/// "(1000, 28, 28)".
std::vector<int64_t> shape_of(std::string_view text) {
  const size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) throw Error("its header has no shape");
  std::vector<int64_t> sizes;
  for (text = text.substr(1, end - 1); !text.empty();) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view number = text.substr(0, comma);
    text.remove_prefix(std::min(text.size(), comma + 1));
    number.remove_prefix(std::min(number.size(), number.find_first_not_of(' ')));
    if (number.empty() && text.empty()) break;  // (1000,) ends with a comma
    int64_t size = 0;
    if (!parse_text(number, size) || size < 0 || sizes.size() == kMostDimensions) {
      throw Error("its header has an invalid shape");
    }
    sizes.push_back(size);
  }
  return sizes;
}

/// The bytes of a little-endian number.
size_t number_in(std::string_view bytes) {
  size_t number = 0;
  for (size_t i = 0; i < bytes.size(); ++i) number |= size_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return number;
}

/// The type of a header's 'descr', if it is one of ours.
std::optional<at::ScalarType> type_of(std::string_view descr) {
  for (const auto& [name, type] : kTypes) {
    if (descr.starts_with("'" + std::string(name) + "'")) return type;
  }
  return std::nullopt;
}

/// What a header says, and the offset of the data.
struct Header {
  at::ScalarType type;
  std::vector<int64_t> sizes;
  size_t begin = 0;
};

Header parse_header(std::string_view file, Content content) {
  constexpr size_t kVersion = 6, kLength = 8;  // offsets
  if (!file.starts_with(kMagic) || file.size() < kLength + 4) throw Error("not a NumPy file");
  const size_t width = file[kVersion] == 1 ? 2 : 4, length = number_in(file.substr(kLength, width));
  if (length > file.size() - kLength - width) throw Error("truncated: the file ends within its header");
  const std::string_view header = file.substr(kLength + width, length);
  const std::string_view descr = entry(header, "descr");
  const auto type = type_of(descr);
  const std::string got = ", got " + std::string(descr.substr(0, descr.find(',')));
  if (content == Content::numbers && (!type || !at::isFloatingType(*type))) {
    throw Error("expected numbers, '<f4' or '<f8'" + got, "latents.astype(numpy.float32)");
  }
  if (content == Content::labels && (!type || at::isFloatingType(*type))) {
    throw Error("expected whole numbers, such as '|u1' or '<i8'" + got);
  }
  if (content == Content::bytes && type != at::kByte) {
    throw Error("expected bytes, '|u1'" + got, "(255 * images).astype(numpy.uint8), if they are in 0 to 1");
  }
  if (!entry(header, "fortran_order").starts_with("False")) throw Error("expected C order, got Fortran order");
  return {*type, shape_of(entry(header, "shape")), kLength + width + length};
}

/// Throws Error unless the file is as long as its header says.
void require_size(const Header& header, uint64_t file_size) {
  uint64_t bytes = c10::elementSize(header.type);
  bool too_large = false;
  for (const int64_t size : header.sizes) {
    too_large |= __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes);
  }
  if (too_large || bytes != file_size - header.begin) {
    throw Error("its header says " +
                (too_large ? "more bytes than fit" : to_text(static_cast<int64_t>(bytes)) + " bytes of data") +
                ", the file has " + to_text(static_cast<int64_t>(file_size - header.begin)));
  }
}

at::Tensor array_in(std::string file, const Header& header) {
  require_size(header, file.size());
  file.erase(0, header.begin);  // so that the numbers are aligned
  return at::from_blob(file.data(), header.sizes, header.type).clone();
}

/// The header of a file of the size that it says.
Header read_header(const std::filesystem::path& path, Content content) {
  constexpr size_t kMostHeader = 64 << 10;
  const std::string beginning = read_beginning(path, kMostHeader);
  return with_context(path.string(), [&] {
    const Header header = parse_header(beginning, content);
    require_size(header, std::filesystem::file_size(path));
    return header;
  });
}

at::Tensor read(const std::filesystem::path& path, Content content) {
  const Header header = read_header(path, content);
  std::string file = read_file(path);
  return with_context(path.string(), [&] { return array_in(std::move(file), header); });
}

}  // namespace

NpyWriter::NpyWriter(const std::filesystem::path& path, const std::vector<int64_t>& sizes, at::ScalarType type)
    : file_(path), type_(type) {
  constexpr size_t kPreamble = 10, kAlignment = 64;  // magic, version and length; where the data begins
  const auto named = std::ranges::find(kTypes, type, &NamedType::second);
  const bool writes = type == at::kByte || at::isFloatingType(type);
  TORCH_CHECK(writes && named != std::end(kTypes), "write_npy: unknown type");
  std::string header = "{'descr': '" + std::string(named->first) + "', 'fortran_order': False, 'shape': (";
  for (const int64_t size : sizes) header += to_text(size) + ",";
  header += "), }";
  header.append(kAlignment - (kPreamble + header.size() + 1) % kAlignment, ' ');
  header += '\n';

  std::string bytes = std::string(kMagic) + '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  file_.write(bytes + header);
}

void NpyWriter::append(const at::Tensor& part) {
  TORCH_CHECK(part.scalar_type() == type_, "write_npy: expected numbers of the file's type");
  const at::Tensor data = part.cpu().contiguous();
  file_.write({static_cast<const char*>(data.const_data_ptr()), data.nbytes()});
}

void write_npy(const std::filesystem::path& path, const at::Tensor& tensor) {
  NpyWriter file(path, tensor.sizes().vec(), tensor.scalar_type());
  file.append(tensor);
  file.finish();
}

at::Tensor read_npy(const std::filesystem::path& path) {
  return read(path, Content::bytes);
}

at::Tensor map_npy(const std::filesystem::path& path) {
  const Header header = read_header(path, Content::bytes);
  const auto begin = static_cast<int64_t>(header.begin), size = static_cast<int64_t>(std::filesystem::file_size(path));
  try {
    const at::Tensor file = at::from_file(path.string(), /*shared=*/false, size, at::kByte);
    return file.narrow(0, begin, size - begin).view(header.sizes);
  } catch (const c10::Error&) {
    throw Error(path.string() + ": cannot be mapped into memory: " + with_commas(size) + " bytes");
  }
}

at::Tensor parse_npy(std::string file) {
  const Header header = parse_header(file, Content::bytes);
  return array_in(std::move(file), header);
}

at::Tensor parse_npy_labels(std::string file) {
  constexpr int64_t kMost = 255;
  const Header header = parse_header(file, Content::labels);
  const at::Tensor labels = array_in(std::move(file), header);
  if (labels.numel() > 0 && (labels.min().item<int64_t>() < 0 || labels.max().item<int64_t>() > kMost)) {
    throw Error("labels outside 0 to 255");
  }
  return labels.to(at::kByte);
}

at::Tensor read_npy_numbers(const std::filesystem::path& path) {
  return read(path, Content::numbers).to(at::kFloat);
}

}  // namespace gan
