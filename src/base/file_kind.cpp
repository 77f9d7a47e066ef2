#include "gan/base/file_kind.h"

#include <algorithm>
#include <cctype>

#include "gan/base/text.h"

namespace gan {

namespace {

using namespace std::string_view_literals;

/// The bytes by which we recognise a kind of file.
struct Signature {
  size_t offset;
  std::string_view bytes;
  const char* what;
  bool archive = false;
};

constexpr Signature kSignatures[] = {
    {0, "\x89PNG\r\n"sv, "a PNG picture"},
    {0, "\xff\xd8\xff"sv, "a JPEG picture"},
    {0, "GIF8"sv, "a GIF picture"},
    {8, "WEBP"sv, "a WebP picture"},
    {0, "II*\0"sv, "a TIFF picture"},
    {0, "MM\0*"sv, "a TIFF picture"},
    {0, "\x93NUMPY"sv, "a NumPy file (.npy)"},
    {0, "PK\x03\x04"sv, "a zip archive", true},
    {257, "ustar"sv, "a tar archive", true},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive", true},
    {0, "Rar!"sv, "a rar archive", true},
    {0, "BZh"sv, "a bzip2 file", true},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "an xz file", true},
    {0, "\x28\xb5\x2f\xfd"sv, "a zstd file", true},
    {0, "MATLAB 5.0 MAT-file"sv, "a MATLAB file (.mat)"},
    {0, "\x89HDF\r\n"sv, "an HDF5 file"},
    {0, "PAR1"sv, "a Parquet file"},
    {0, "\x80\x02"sv, "a Python pickle"},
    {0, "\x80\x03"sv, "a Python pickle"},
    {0, "\x80\x04"sv, "a Python pickle"},
    {0, "\x80\x05"sv, "a Python pickle"},
    {0, "<!DOCTYPE"sv, "an HTML page"},
    {0, "<!doctype"sv, "an HTML page"},
    {0, "<html"sv, "an HTML page"},
};

bool is_text(std::string_view bytes) {
  return !bytes.empty() && std::ranges::all_of(bytes, [](unsigned char c) { return c >= ' ' || std::isspace(c); });
}

}  // namespace

std::string name_ending(const std::filesystem::path& name) {
  return lower_case(name.extension().string());
}

FileKind file_kind(std::string_view beginning, const std::filesystem::path& name) {
  const std::string last = name_ending(name), ending = last == ".gz" ? name_ending(name.stem()) : last;
  for (const auto& [offset, bytes, what, archive] : kSignatures) {
    if (beginning.size() < offset || !beginning.substr(offset).starts_with(bytes)) continue;
    if (bytes.starts_with("PK") && ending == ".npz") return {"a NumPy archive (.npz)"};
    if (bytes.starts_with("PK") && (ending == ".pt" || ending == ".pth")) return {"a PyTorch file (" + ending + ")"};
    return {what, archive};
  }
  if (!is_text(beginning)) return {};
  return {ending == ".csv" || ending == ".tsv" ? "a table of text (" + ending + ")" : "a text"};
}

}  // namespace gan
