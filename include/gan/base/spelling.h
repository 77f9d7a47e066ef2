#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// How many characters to insert, delete, replace or swap with their neighbour to turn `a` into `b`: Damerau 1964
/// (doi:10.1145/363958.363994), restricted to optimal string alignment.
size_t edit_distance(std::string_view a, std::string_view b);

/// The hint "did you mean hinge?" for an error about `word`; empty if no candidate is close. A candidate is close if
/// its distance is at most a third of the word's length (at least 1), or if it begins with the word. `prefix` is
/// printed before the candidate.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         const std::string& prefix = "");

}  // namespace gan
