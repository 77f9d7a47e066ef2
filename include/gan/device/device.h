#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace gan {

/// The device that --device names: "cpu", "cuda", "cuda:1", or "auto", the first CUDA device where there is one, else
/// the CPU. Throws Error for any other text and for a CUDA device that is not there.
c10::Device find_device(const std::string& text);

/// Sets this process up for the CPU: the number of threads (0: LibTorch's choice, the cores or OMP_NUM_THREADS, but at
/// most `usable_cpus`), and denormal numbers flushed to zero, since they cost many times a normal one. Before any work
/// on several threads.
void set_up_cpu(int64_t threads);

/// Makes malloc keep freed memory for the next training step, which takes the same sizes again. Not for work whose
/// sizes vary, such as judging, which would fragment it: gan-eval took 11 GB instead of 0.5.
void keep_freed_memory();

/// Undoes `keep_freed_memory` as long as it lives: for judging during training.
class FreedMemoryGivenBack {
 public:
  FreedMemoryGivenBack();
  ~FreedMemoryGivenBack();
  FreedMemoryGivenBack(const FreedMemoryGivenBack&) = delete;
};

/// Sets this process up for a GPU, before its first use: makes it the current one, gives this thread a stream of its
/// own (the default one cannot be recorded, see cuda_graph.h), computes fp32 products and convolutions in TF32 (10 bits
/// of mantissa), and lets cuDNN choose kernels by timing them. On a CPU nothing changes.
void set_up_cuda(c10::Device device);

/// Makes LibTorch and cuDNN use only deterministic kernels; call after `set_up_cuda`. An operation without such a
/// kernel throws. On a CPU all kernels are deterministic, and nothing changes.
void set_up_determinism(c10::Device device);

/// All of the above for the device that --device names: how a program begins. Throws Error as `find_device` does.
c10::Device set_up_device(const std::string& device, int64_t threads, bool deterministic);

/// Waits for all work queued on the device.
void synchronize(c10::Device device);

/// "CPU, 2 threads" or the name of the GPU.
std::string device_text(c10::Device device);

/// Peak memory so far, in bytes: of the process on the CPU, of LibTorch's allocator on a GPU.
int64_t peak_memory(c10::Device device);

}  // namespace gan
