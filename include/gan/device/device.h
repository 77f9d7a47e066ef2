#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace gan {

/// The device that --device names: "cpu", "cuda", "cuda:1", or "auto", the first CUDA device where there is one, else
/// the CPU. Throws Error for any other text and for a CUDA device that is not there.
c10::Device find_device(const std::string& text);

/// Sets this process up for work on the CPU: that many threads (0: LibTorch's choice, the cores or OMP_NUM_THREADS, but
/// no more than `usable_cpus`), and tiny numbers are flushed to zero, since they cost many times a normal one.
void set_up_cpu(int64_t threads);

/// Has freed memory kept for the next step of a training, which takes as much again, and none of it mapped apart. What
/// takes memory in ever other sizes, as judging does, would scatter it: gan-eval took 11 GB instead of 0.5.
void keep_freed_memory();

/// While one lives large blocks are taken and given back as if `keep_freed_memory` had not been called: for judging
/// amid a training.
class FreedMemoryGivenBack {
 public:
  FreedMemoryGivenBack();
  ~FreedMemoryGivenBack();
  FreedMemoryGivenBack(const FreedMemoryGivenBack&) = delete;
};

/// Sets this process up for a GPU, before its first use: it is the current one, and this thread's work goes to a stream
/// of its own, since on the default one nothing can be recorded (cuda_graph.h); products and convolutions of fp32 take
/// their factors as TF32, with 10 bits of mantissa; and cuDNN chooses its kernels by timing them. On a CPU nothing
/// changes.
void set_up_cuda(c10::Device device);

/// Has LibTorch and cuDNN use only kernels that give the same bits each time, which on a GPU not all do; after
/// `set_up_cuda`. An operation that has no such kernel throws. On a CPU all do, and nothing changes.
void set_up_determinism(c10::Device device);

/// All of this for the device that --device names, the last of it if asked for: how a program begins. Throws Error as
/// `find_device` does.
c10::Device set_up_device(const std::string& device, int64_t threads, bool deterministic);

/// Waits until the device has done all that it was given.
void synchronize(c10::Device device);

/// "CPU, 2 threads" or the name of the GPU.
std::string device_text(c10::Device device);

/// The most memory taken so far, in bytes: of the process on the CPU, of LibTorch's allocator on a GPU.
int64_t peak_memory(c10::Device device);

}  // namespace gan
