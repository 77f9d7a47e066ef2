#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gan/base/value.h"

namespace gan {

/// Reads what `pickle` and Python's `torch.save` write (protocol 2, a dictionary of plain values and tensors at the
/// top), and refuses everything else: no pickle runs code. `storage` returns the bytes of a storage by its name, and
/// throws Error if there is none. Throws Error.
Dict unpickle(std::string_view bytes, const std::function<std::string_view(const std::string& name)>& storage);

}  // namespace gan
