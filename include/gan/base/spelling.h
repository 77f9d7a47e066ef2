#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// Characters to add, leave out, change or swap with their neighbour to make `b` of `a`, each place once: the distance
/// of Damerau 1964 (doi:10.1145/363958.363994) in its optimal string alignment.
size_t edit_distance(std::string_view a, std::string_view b);

/// "did you mean hinge?", the hint of an error about `word`; empty where no candidate is near: at most a third of its
/// characters (at least one) apart, or a longer word that begins so. `prefix` stands before the word that is meant.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         const std::string& prefix = "");

}  // namespace gan
