#include "gan/base/gan_file.h"

#include "gan/base/archive.h"
#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/base/version.h"

namespace gan {

namespace {

/// Increment the version when older programs cannot use the file: they then refuse it. The module that owns a kind
/// reads its versions from `oldest` on.
struct Format {
  std::string name;
  int64_t version, oldest;
};

Format format_of(GanFile kind) {
  switch (kind) {
    case GanFile::checkpoint:
      return {"gan checkpoint", 3, 2};
    case GanFile::generator:
      return {"gan generator", 1, 1};
    case GanFile::classifier:
      return {"gan classifier", 1, 1};
    case GanFile::images:
      return {"gan images", 1, 1};
  }
  TORCH_CHECK(false, "format_of: unknown kind");
}

}  // namespace

void require_gan_file(const Dict& file, GanFile kind) {
  const Format expected = format_of(kind);
  if (!file.contains("format")) throw Error("not a file of this program: expected a '" + expected.name + "'");
  const auto& name = file.get<std::string>("format");
  if (name != expected.name) throw Error("expected a '" + expected.name + "', got a '" + name + "'");
  const int64_t version = file.get<int64_t>("version");
  if (version < expected.oldest || version > expected.version) {
    const std::string older = expected.oldest < expected.version ? to_text(expected.oldest) + " to " : "";
    throw Error("format version: expected " + older + to_text(expected.version) + ", got " + to_text(version),
                std::string(version > expected.version ? "a newer" : "an older") + " one, written by gan " +
                    file.get<std::string>("gan"));
  }
}

std::string pack_gan_file(GanFile kind, const Dict& content) {
  const Format format = format_of(kind);
  Dict file{
      {{"format", format.name}, {"version", format.version}, {"gan", gan_version()}, {"libtorch", libtorch_version()}}};
  file.items.insert(file.items.end(), content.items.begin(), content.items.end());
  return pack_archive(file);
}

void write_gan_file(const std::filesystem::path& path, GanFile kind, const Dict& content) {
  write_file(path, pack_gan_file(kind, content));
}

Dict read_gan_file(const std::filesystem::path& path, GanFile kind) {
  Dict file = read_archive(path);
  with_context(path.string(), [&] { require_gan_file(file, kind); });
  return file;
}

}  // namespace gan
