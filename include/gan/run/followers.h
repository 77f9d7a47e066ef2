#pragma once

#include <cstdint>
#include <string>

#include "gan/base/value.h"
#include "gan/dist/group.h"
#include "gan/training/options.h"
#include "gan/training/training.h"

namespace gan {

// Rank 0 leads a run of several processes: it has the folder, the log, the clock and the judge. The others follow: they
// take the same steps, and after each step at which the run may change its course (`ranks_meet`) wait for rank 0's
// word.

/// What a follower begins with.
struct Assignment {
  Options options;        ///< resolved
  std::string data;       ///< as a path from the working folder
  std::string cache;      ///< folder with its pictures as they were prepared; empty: none
  uint32_t data_crc = 0;  ///< of what the run uses of it
  std::string device;     ///< the kind of rank 0's: "cpu", "cuda"
  Dict training;          ///< the state of rank 0's training
};

/// Whether ranks meet after the last step: rank 0 has something to do, or the run ends or went wrong.
bool ranks_meet(const Training& training, int64_t images);

/// Rank 0's side. Alone it has nothing to do.
class Followers {
 public:
  explicit Followers(Group group = {}) : group_(std::move(group)) {}

  /// Lets all begin, and waits until they can. Throws Error, after telling all, if one of them cannot.
  void assign(const Assignment& assignment);

  void let_step();                                    ///< before a step: tells them to go on, if they wait
  void stepped(bool waiting) { waiting_ = waiting; }  ///< after a step

  /// They go on from this state, with the n-th other noise.
  void go_back(const Dict& training, int64_t n);

  /// They end with this exit code. Only while they wait, which they do until `assign`, too.
  void end(int code);

 private:
  Group group_;
  bool waiting_ = true;
};

/// A follower's side: begins as rank 0 says, and takes steps until rank 0 ends the run. The exit code.
int follow(const Group& group);

}  // namespace gan
