#pragma once

#include <c10/core/Device.h>

#include <string>

#include "gan/base/value.h"

namespace gan {

/// What the bits of a run depend on beside its options: the versions of this program and of LibTorch, the instruction
/// set that LibTorch's kernels use, the processor, the device and, on a CPU, the number of threads. By name, all texts.
Dict machine(c10::Device device);

/// What differs, as "threads: 1 -> 2, libtorch: 2.6.0 -> 2.13.0"; empty if nothing does.
std::string machine_changes(const Dict& before, const Dict& now);

}  // namespace gan
