#pragma once

#include <c10/core/Device.h>

#include <string>

#include "gan/base/value.h"

namespace gan {

/// What a run's bits depend on besides its options, as texts by name: versions of this program and of LibTorch, the
/// instruction set of LibTorch's kernels, processor, device, number of processes and, on a CPU, of threads.
Dict machine(c10::Device device);

/// The same in one line: "gan 0.1.0, libtorch 2.13.0, ...".
std::string machine_text(c10::Device device);

/// What differs, as "threads: 1 -> 2, libtorch: 2.6.0 -> 2.13.0"; empty if nothing does.
std::string machine_changes(const Dict& before, const Dict& now);

}  // namespace gan
