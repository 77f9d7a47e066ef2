#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "gan/base/value.h"

namespace gan {

/// The container of checkpoints and of `g.pt`: PyTorch's zip file, holding one pickled dictionary of plain values and
/// tensors. Python opens it with `torch.load(path)`, whose default is `weights_only=True`.
///
/// We do not use LibTorch's unpickler, which trusts the file. Ours runs no code from the file, refuses every kind of
/// object but those of `Value`, and checks each size against the file before it allocates. It also reads a dictionary
/// that Python saved again with `torch.save`.

/// The bytes of an archive. Tensors are copied to the CPU; of a view only its own elements are written.
std::string pack_archive(const Dict& dict);

/// The dictionary in `bytes`; its tensors own their memory. Throws Error.
Dict unpack_archive(std::string_view bytes);

/// The same, to and from a file (`write_file`, `read_file`); errors name the file.
void write_archive(const std::filesystem::path& path, const Dict& dict);
Dict read_archive(const std::filesystem::path& path);

}  // namespace gan
