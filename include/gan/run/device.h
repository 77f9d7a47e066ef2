#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace gan {

/// The device that --device names: "cpu", "cuda", "cuda:1", or "auto", the first CUDA device where there is one, else
/// the CPU. Throws Error for any other text and for a CUDA device that is not there.
c10::Device find_device(const std::string& text);

/// Uses that many CPU threads; 0 leaves LibTorch's choice. Also has tiny numbers flushed to zero, which otherwise cost
/// many times a normal one.
void set_up_threads(int64_t threads);

/// Has LibTorch and cuDNN use only kernels that give the same bits each time, which on a GPU not all do; before the
/// first use of one. An operation that has no such kernel throws. On a CPU all do, and nothing changes.
void set_up_determinism(c10::Device device);

/// "CPU, 2 threads" or the name of the GPU.
std::string device_text(c10::Device device);

/// The most memory taken so far, in bytes: of the process on the CPU, of LibTorch's allocator on a GPU.
int64_t peak_memory(c10::Device device);

/// "2.13.0": of the LibTorch that is used, and of this library.
std::string libtorch_version();
std::string gan_version();

}  // namespace gan
