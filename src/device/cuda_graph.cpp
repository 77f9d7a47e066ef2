#include "gan/device/cuda_graph.h"

#include "gan/base/error.h"

#ifdef GAN_WITH_CUDA
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

#include <memory>
#include <vector>
#endif

namespace gan {

#ifdef GAN_WITH_CUDA

namespace {

using Graph = std::shared_ptr<at::cuda::CUDAGraph>;

template <class Act>
bool succeeds(const Act& act) {
  try {
    act();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// Ends a recording that failed. LibTorch's own cleanup stops halfway (sources of 2.6 to 2.13): allocator and generator
/// would stay in recording mode.
void abandon(const Graph& graph, at::cuda::MempoolId_t pool) {
  if (succeeds([&] { graph->capture_end(); })) return;
  const auto device = c10::cuda::current_device();
  succeeds([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(device, pool); });
  succeeds([&] { c10::cuda::CUDACachingAllocator::releasePool(device, pool); });

  at::Generator noise = at::cuda::detail::getDefaultCUDAGenerator();
  at::Generator unrecorded = at::cuda::detail::createCUDAGenerator();
  unrecorded.set_state(noise.get_state());
  noise.graphsafe_set_state(unrecorded.graphsafe_get_state());

  static auto* const kept = new std::vector<Graph>;  // the allocator may still ask it which memory is its own
  kept->push_back(graph);
}

}  // namespace

std::function<void()> record_cuda_graph(const std::function<void()>& work) {
  if (c10::cuda::device_count() == 0) throw Error("CUDA graphs need a GPU, and there is none");
  const auto pool = at::cuda::graph_pool_handle();
  const auto graph = std::make_shared<at::cuda::CUDAGraph>();
  try {
    c10::cuda::getCurrentCUDAStream().synchronize();
    graph->capture_begin(pool);
    work();
    graph->capture_end();
  } catch (const std::exception& failure) {
    const std::string why = failure.what();
    abandon(graph, pool);
    throw Error("this cannot be recorded in a CUDA graph: " + why.substr(0, why.find('\n')));
  }
  return [graph] { graph->replay(); };
}

#else

std::function<void()> record_cuda_graph(const std::function<void()>&) {
  throw Error("there are no CUDA graphs in a build without CUDA");
}

#endif

}  // namespace gan
