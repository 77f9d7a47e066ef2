#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "gan/base/value.h"

namespace gan {

/// The container of checkpoints and of `g.pt`: PyTorch's zip file, holding one pickled dictionary of plain values and
/// tensors. Python opens it with `torch.load(path)`, whose default is `weights_only=True`.
///
/// We write and read it ourselves instead of by LibTorch's unpickler, which trusts what a file says: reading runs
/// nothing that stands in the file, refuses every kind of object but those of `Value`, and checks each size against
/// the file before it allocates. A dictionary that Python saved again with `torch.save` is read as well.

/// The bytes of an archive. Tensors are moved to the CPU and written contiguous; views are written as what they show.
std::string pack_archive(const Dict& dict);

/// The dictionary in `bytes`; its tensors own their memory. Throws Error naming what is wrong.
Dict unpack_archive(std::string_view bytes);

/// The same, to and from a file (`write_file`, `read_file`); errors name the file.
void write_archive(const std::filesystem::path& path, const Dict& dict);
Dict read_archive(const std::filesystem::path& path);

}  // namespace gan
