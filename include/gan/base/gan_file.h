#pragma once

#include <filesystem>
#include <string>

#include "gan/base/value.h"

namespace gan {

/// The kinds of archives that we write. The dictionary of each begins with {"format": kind, "version": n, "gan":
/// "0.1.0", "libtorch": "2.13.0"}, by which we recognise it.
enum class GanFile { checkpoint, generator, classifier, images };

/// The bytes of such a file, and the file on the disk. Throws Error.
std::string pack_gan_file(GanFile kind, const Dict& content);
void write_gan_file(const std::filesystem::path& path, GanFile kind, const Dict& content);

/// The whole dictionary. Throws Error unless the file is of this kind and of a version that this program reads.
Dict read_gan_file(const std::filesystem::path& path, GanFile kind);

/// Throws the same Errors for a dictionary that was read already.
void require_gan_file(const Dict& file, GanFile kind);

}  // namespace gan
