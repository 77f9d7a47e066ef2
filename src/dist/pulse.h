#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store.h"

namespace gan {

/// Shows the other ranks that this one lives, twice a second, and finds out which of them does not. What is found is
/// left in the store, so that all ranks name the same one.
class Pulse {
 public:
  /// Takes a connection of its own: where the server's machine vanishes, a call on it hangs.
  Pulse(StorePtr store, const Launch& launch);
  ~Pulse();
  Pulse(const Pulse&) = delete;

  /// The pulse of each rank, by rank; none if the server cannot be asked.
  using Readings = std::vector<std::string>;

  /// Which rank is lost, in words: one that another rank has named, or whose pulse is still as in `before`, which is
  /// then the new readings. Empty if all live.
  std::string lost_since(Readings& before);

  /// The same after an operation failed: looks for a few seconds.
  std::string lost();

 private:
  void beat();
  void ask(std::unique_lock<std::mutex>& lock, std::function<void()> question);
  std::string verdict();
  std::string agreed_verdict(const std::string& proposal);
  Readings readings();

  StorePtr store_;  ///< only the thread uses it
  const Launch launch_;
  std::vector<std::string> keys_;  ///< of the pulses, by rank
  std::thread thread_;

  std::mutex mutex_;  ///< of what follows
  std::condition_variable changed_;
  std::function<void()> question_;  ///< for the thread to ask the server
  bool has_answer_ = false, ends_ = false;
  std::string verdict_;  ///< which rank is lost; empty: none
  Readings readings_;
};

}  // namespace gan
