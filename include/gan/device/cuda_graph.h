#pragma once

#include <functional>

namespace gan {

/// Takes work to be done over and over and gives a function that does it, or none if it cannot make one.
using Recorder = std::function<std::function<void()>(const std::function<void()>& work)>;

/// Records in a CUDA graph what `work` puts on the current stream, which happens only when the function given back is
/// called: then, each time, the same kernels on the same memory, for the price of one launch. So `work` reads and
/// writes tensors that stay where they are, or that it makes itself; numbers from the CPU, as a learning rate, remain
/// what they were; it never waits for the device; it has been done a few times before; and the stream is not the
/// default one (see `set_up_cuda`). What it draws from the device's default generator is drawn anew each time, and
/// moves the generator on, as without a graph.
///
/// Throws Error if that cannot be, after which all is as if it had not been tried, but for graphs recorded before: the
/// generator does not know them any more, and they must go.
std::function<void()> record_cuda_graph(const std::function<void()>& work);

}  // namespace gan
