#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "gan/base/value.h"

namespace gan {

/// A dictionary in Pickle protocol 2. Tensors lie outside the pickle, in numbered storages.
struct Pickled {
  std::string bytes;
  std::vector<at::Tensor> storages;  ///< contiguous CPU tensors; the pickle names them "0", "1", ...
};

/// The pickle that Python's `torch.save` would write, in as few opcodes as it takes.
Pickled pickle(const Dict& dict);

}  // namespace gan
