#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gan/dist/launch.h"

namespace gan {

/// Another rank ended, or cannot be reached any more.
class LostRank : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The ranks cannot work together; rank 0 says why.
class SaidByRankZero : public std::exception {
 public:
  const char* what() const noexcept override { return "rank 0 says why"; }
};

/// "rank 1 of 4"
std::string rank_name(int64_t rank, int64_t size);

/// The processes that train one model together. Every rank calls the same operations in the same order, and gets the
/// same bits. If a rank is gone, the operations of the others throw LostRank: within seconds, or after 20 if its
/// machine vanished. Alone, all operations return at once.
class Group {
 public:
  Group() = default;  ///< alone

  /// Meets the others. Throws Error if this build has no engine, if the port is taken, if a rank does not come in
  /// time, or cannot work with the others; says which. Throws LostRank if one ends meanwhile. Where rank 0 says it, the
  /// others throw SaidByRankZero.
  explicit Group(const Launch& launch);

  /// Whether this build has an engine: c10d with Gloo, which is in LibTorch.
  static bool has_engine();

  int64_t rank() const { return rank_; }  ///< from 0 to size - 1
  int64_t size() const { return size_; }
  int64_t local_rank() const { return local_rank_; }  ///< among those on this machine
  bool alone() const { return size_ == 1; }
  bool leads() const { return rank_ == 0; }

  /// The sum over ranks, in place, of a contiguous tensor on a `place_of_sums`. The order of additions is always the
  /// same. On a GPU it is queued on the current stream.
  void sum(at::Tensor values) const;

  /// Where to sum what lies on a device: there, or on the CPU if it is a GPU and LibTorch has no NCCL.
  static at::Device place_of_sums(at::Device device);

  /// Gives all ranks what rank 0 has: values, in place, of a contiguous tensor on the CPU; a text.
  void broadcast(at::Tensor values) const;
  std::string broadcast(const std::string& text) const;

  /// The texts of all ranks, by rank.
  std::vector<std::string> gather(const std::string& text) const;

 private:
  class Engine;
  std::shared_ptr<Engine> engine_;  ///< null: alone
  int64_t rank_ = 0, size_ = 1, local_rank_ = 0;
};

}  // namespace gan
