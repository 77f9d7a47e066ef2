#pragma once

#include <string>

#include "store.h"

namespace gan {

/// Waits until all ranks are there. Gives a word of this start, the same on all ranks, to prefix keys with: the server
/// may be the launcher's and hold what an earlier start left, and the launchers of several machines may count restarts
/// differently. `fault` is what keeps this rank from working, if anything does.
///
/// Throws Error, in rank 0, for a rank that does not come within the launch's patience, that is of another version or
/// number of ranks, or that has a fault; the others then throw SaidByRankZero. Throws Error in a rank that another
/// process is, too, or that rank 0 does not answer; LostRank where rank 0 or the server goes away.
std::string meet(c10d::Store& store, const Launch& launch, const std::string& fault);

}  // namespace gan
