#pragma once

#include <functional>

namespace gan {

/// Turns work that is done over and over into a function that repeats it; returns none if it cannot.
using Recorder = std::function<std::function<void()>(const std::function<void()>& work)>;

/// Records the kernels that `work` launches on the current stream in a CUDA graph, without running them. Each call of
/// the returned function runs the same kernels on the same memory, for the price of one launch. So `work` must
///   - use only tensors that keep their address, or that it makes itself,
///   - take no number from the CPU that changes, such as a learning rate,
///   - never wait for the device,
///   - have run a few times before, on a stream that is not the default one (see `set_up_cuda`).
/// Random numbers from the device's default generator are new each time and advance it, as without a graph.
///
/// Throws Error if that fails, with everything as it was; but graphs recorded before are unknown to the generator then
/// and must not be used.
std::function<void()> record_cuda_graph(const std::function<void()>& work);

}  // namespace gan
