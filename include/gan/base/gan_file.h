#pragma once

#include <filesystem>
#include <string>

#include "gan/base/value.h"

namespace gan {

/// The kinds of file that this project writes. Each is an archive whose dictionary begins {"format": kind, "version":
/// n, "gan": "0.1.0", "libtorch": "2.13.0"}, so that another file is not taken for one.
enum class GanFile { checkpoint, generator, classifier };

/// The bytes of a file with this content, and such a file on the disk. Throws Error.
std::string pack_gan_file(GanFile kind, const Dict& content);
void write_gan_file(const std::filesystem::path& path, GanFile kind, const Dict& content);

/// The whole dictionary. Throws Error unless the file is ours, of that kind and of a version that this program reads.
Dict read_gan_file(const std::filesystem::path& path, GanFile kind);

/// The check alone, for a dictionary that has been read.
void require_gan_file(const Dict& file, GanFile kind);

}  // namespace gan
