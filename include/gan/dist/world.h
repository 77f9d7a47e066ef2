#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "gan/dist/group.h"

namespace gan {

/// The ranks that this process trains with, and what they share.
struct World {
  Group group = {};           ///< alone by default
  int64_t batch_size = 0;     ///< of all ranks together; a multiple of their number
  bool synchronized = false;  ///< statistics of a batch are those of all ranks' rows; else each rank's own

  int64_t rows() const { return batch_size / group.size(); }  ///< of a batch, in this process
  int64_t first_row() const { return group.rank() * rows(); }
  bool synchronizes() const { return synchronized && !group.alone(); }
};

/// This process's world, where layers and losses look whose results depend on the whole batch.
const World& world();

/// Sets this process's world, and resets it at the end of its lifetime.
class InWorld {
 public:
  explicit InWorld(World world);
  ~InWorld();
  InWorld(const InWorld&) = delete;
};

/// Noise for `rows` examples of this process. `draw(count)` draws for those of all ranks, so that all of them draw the
/// same numbers, and a run has the same noise whatever their number. The examples are a batch, or several, one after
/// the other, as a joined batch has real and generated ones.
at::Tensor own_noise(int64_t rows, const std::function<at::Tensor(int64_t count)>& draw);

/// The mean of x over the ranks, if they synchronize; else x. Can be differentiated twice: where each rank's loss is a
/// mean over its rows, the mean of the ranks' gradients is the gradient of the mean loss. Throws LostRank.
at::Tensor mean_over_ranks(const at::Tensor& x);

/// The rows of all ranks in their order, if they synchronize; else x. Can be differentiated in the same way.
at::Tensor rows_of_all_ranks(const at::Tensor& x);

}  // namespace gan
