#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gan/base/value.h"

namespace gan {

/// Pickle protocol 2, as far as a dictionary of plain values and tensors needs it. Tensors lie outside the pickle, in
/// numbered storages; see `torch._utils._rebuild_tensor_v2`.

struct Pickled {
  std::string bytes;
  std::vector<at::Tensor> storages;  ///< contiguous CPU tensors; the pickle names them "0", "1", ...
};
Pickled pickle(const Dict& dict);

/// Reads what `pickle` and Python's `torch.save` write, and refuses everything else. `storage` gives the bytes of a
/// storage by its name and throws Error if there is none. Throws Error.
Dict unpickle(std::string_view bytes, const std::function<std::string_view(const std::string& name)>& storage);

}  // namespace gan
