#pragma once

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gan/dist/launch.h"

namespace c10d {
class Store;
}

namespace gan {

/// A connection to the server of keys and values where the ranks meet.
using StorePtr = c10::intrusive_ptr<c10d::Store>;

/// Connects; this process is the server, too, if `serves`. Throws Error if that takes longer than `patience`, which is
/// also what an operation on it waits for.
StorePtr connect(const Launch& launch, bool serves, std::chrono::seconds patience);

/// The same connection with keys of its own.
StorePtr with_prefix(const std::string& prefix, const StorePtr& store);

std::vector<uint8_t> bytes_of(const std::string& text);

}  // namespace gan
