#include "gan/device/device.h"

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "gan/base/cpus.h"
#include "gan/base/error.h"
#include "gan/base/text.h"

#ifdef GAN_WITH_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace gan {

c10::Device find_device(const std::string& text) {
  if (text == "cpu") return at::kCPU;
  const int64_t count = at::hasCUDA() ? static_cast<int64_t>(at::getNumGPUs()) : 0;
  if (text == "auto") return count > 0 ? c10::Device(at::kCUDA, 0) : c10::Device(at::kCPU);

  int64_t index = 0;
  const bool numbered = text.starts_with("cuda:") && parse_text(std::string_view(text).substr(5), index);
  if (text != "cuda" && (!numbered || index < 0)) {
    throw Error("--device: expected auto, cpu, cuda or cuda:N, got '" + text + "'");
  }
  if (index >= count) {
    const std::string found = count == 0 ? "no CUDA device was found" : "CUDA devices found: " + to_text(count);
    throw Error("--device " + text + ": " + found, "--device auto uses a GPU where there is one");
  }
  return c10::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

namespace {
/// MKL's vector functions look up the processor at the first call of any of them. Two threads that come first together
/// can take different kernels, one of them less exact (pytorch/pytorch#188792), so one thread comes first.
void look_up_processor_in_mkl() {
  at::zeros({1}).tanh_();
}
}  // namespace

void set_up_cpu(int64_t threads) {
  look_up_processor_in_mkl();
  const auto most = std::min<int64_t>(at::get_num_threads(), usable_cpus());  // LibTorch reads OMP_NUM_THREADS
  at::set_num_threads(static_cast<int>(threads > 0 ? threads : most));
  at::globalContext().setFlushDenormal(true);
}

namespace {
bool freed_memory_is_kept = false;

/// Whether malloc maps blocks from 32 MB on separately; 32 MB is the largest limit that glibc allows.
void map_large_blocks(bool on) {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_MMAP_MAX, on ? 65536 : 0);
#endif
}
}  // namespace

FreedMemoryGivenBack::FreedMemoryGivenBack() {
  if (freed_memory_is_kept) map_large_blocks(true);
}

FreedMemoryGivenBack::~FreedMemoryGivenBack() {
  if (freed_memory_is_kept) map_large_blocks(false);
}

void keep_freed_memory() {
  freed_memory_is_kept = true;
  map_large_blocks(false);
#ifdef __GLIBC__
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void set_up_cuda(c10::Device device) {
  if (device.is_cpu()) return;
  at::globalContext().setFloat32MatmulPrecision("high");  // convolutions take TF32 by default
  at::globalContext().setBenchmarkCuDNN(true);
#ifdef GAN_WITH_CUDA
  c10::cuda::set_device(device.index());
  c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index()));
#endif
}

void set_up_determinism(c10::Device device) {
  if (device.is_cpu()) return;
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);  // cuBLAS, "Results reproducibility": fixed work space
  auto& context = at::globalContext();
  context.setDeterministicAlgorithms(true, /*warn_only=*/false);
  context.setDeterministicFillUninitializedMemory(false);  // nothing here reads uninitialised memory
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
}

c10::Device set_up_device(const std::string& device, int64_t threads, bool deterministic) {
  set_up_cpu(threads);
  const c10::Device found = find_device(device);
  set_up_cuda(found);
  if (deterministic) set_up_determinism(found);
  return found;
}

void synchronize(c10::Device device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

std::string device_text(c10::Device device) {
#ifdef GAN_WITH_CUDA
  if (device.is_cuda()) return at::cuda::getDeviceProperties(device.index())->name;
#endif
  const int64_t threads = at::get_num_threads();
  return device.is_cpu() ? "CPU, " + to_text(threads) + (threads == 1 ? " thread" : " threads") : device.str();
}

int64_t peak_memory(c10::Device device) {
#ifdef GAN_WITH_CUDA
  if (device.is_cuda()) {
    return c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).reserved_bytes.front().peak;  // of all pools
  }
#endif
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;  // Linux counts in KiB
}

}  // namespace gan
