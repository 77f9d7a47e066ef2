#include "gan/dist/world.h"

#include <torch/csrc/autograd/custom_function.h>

#include <utility>
#include <vector>

namespace gan {

namespace {

World current;

at::Tensor mean_of(const at::Tensor& x) {
  const Group& group = world().group;
  const at::Tensor sum =
      x.detach().to(Group::place_of_sums(x.device()), at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
  group.sum(sum);
  return sum.div_(group.size()).to(x.device(), x.scalar_type());
}

struct MeanOverRanks : torch::autograd::Function<MeanOverRanks> {
  static at::Tensor forward(torch::autograd::AutogradContext* /*context*/, const at::Tensor& x) { return mean_of(x); }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* /*context*/,
                                                 const torch::autograd::variable_list& gradients) {
    return {mean_over_ranks(gradients[0])};
  }
};

}  // namespace

const World& world() {
  return current;
}

InWorld::InWorld(World world) {
  TORCH_CHECK(world.group.alone() || (world.batch_size > 0 && world.batch_size % world.group.size() == 0),
              "InWorld: a batch of ", world.batch_size, " for ", world.group.size(), " ranks");
  current = std::move(world);
}

InWorld::~InWorld() {
  current = {};
}

at::Tensor own_noise(int64_t rows, const std::function<at::Tensor(int64_t count)>& draw) {
  if (world().group.alone()) return draw(rows);
  const int64_t own = world().rows(), batches = rows / own;
  TORCH_CHECK(batches * own == rows, "own_noise: ", rows, " rows, which are no batches of ", own);
  const at::Tensor all = draw(batches * world().batch_size);
  std::vector<at::Tensor> parts;
  for (const at::Tensor& batch : all.split(world().batch_size)) {
    parts.push_back(batch.narrow(0, world().first_row(), own));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

at::Tensor mean_over_ranks(const at::Tensor& x) {
  return world().synchronizes() ? MeanOverRanks::apply(x) : x;
}

at::Tensor rows_of_all_ranks(const at::Tensor& x) {
  if (!world().synchronizes()) return x;
  const int64_t rank = world().group.rank(), size = world().group.size();
  std::vector<int64_t> after(static_cast<size_t>(2 * x.dim()), 0);  // rows of zeros before and after, as pad wants them
  after[after.size() - 2] = rank * x.size(0);
  after[after.size() - 1] = (size - 1 - rank) * x.size(0);
  return mean_over_ranks(at::constant_pad_nd(x, after)) * size;
}

}  // namespace gan
