#include "pulse.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/TCPStore.hpp>)

#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>

#include "gan/base/text.h"
#include "gan/dist/group.h"

namespace gan {

namespace {

using namespace std::chrono_literals;

constexpr auto kBeat = 500ms;
constexpr const char* kVerdict = "lost";

}  // namespace

Pulse::Pulse(StorePtr store, const Launch& launch) : store_(std::move(store)), launch_(launch) {
  for (int64_t rank = 0; rank < launch.size; ++rank) keys_.push_back("pulse/" + to_text(rank));
  thread_ = std::thread([this] { beat(); });
}

Pulse::~Pulse() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::string Pulse::lost_since(Readings& before) {
  const Readings now = readings(), then = std::exchange(before, now);
  if (const std::string known = verdict(); !known.empty()) return known;
  if (now.empty()) {
    return rank_name(0, launch_.size) + (launch_.has_server ? ", or " + launch_.launcher + "," : "") + " is gone";
  }
  for (int64_t rank = 0; rank < launch_.size && !then.empty(); ++rank) {
    const auto at = static_cast<size_t>(rank);
    if (rank == launch_.rank || now[at] != then[at]) continue;
    const std::string agreed = agreed_verdict(rank_name(rank, launch_.size) + " is gone");
    std::this_thread::sleep_for(2 * kBeat);  // for all to hear of it, before rank 0 takes the server away
    return agreed;
  }
  return {};
}

std::string Pulse::lost() {
  constexpr int kReadings = 3;
  Readings before = readings();
  std::string lost;
  for (int i = 0; i < kReadings && lost.empty(); ++i) {
    std::this_thread::sleep_for(4 * kBeat);
    lost = lost_since(before);
  }
  return lost;
}

void Pulse::beat() {
  std::unique_lock lock(mutex_);
  for (int64_t beats = 1; !ends_; ++beats) {
    const std::function<void()> question = std::exchange(question_, {});
    lock.unlock();
    std::string verdict;
    try {
      store_->set(keys_[static_cast<size_t>(launch_.rank)], bytes_of(to_text(beats)));
      if (store_->check({kVerdict})) verdict = store_->get_to_str(kVerdict);
      if (question) question();
    } catch (const std::exception&) {  // the server is gone: the next operation finds out
    }
    lock.lock();
    if (!verdict.empty()) verdict_ = verdict;
    has_answer_ |= question != nullptr;
    changed_.notify_all();
    changed_.wait_for(lock, kBeat, [this] { return ends_ || question_; });
  }
}

/// Has the thread ask, and waits for it; not for ever, as it hangs if the server's machine vanished.
void Pulse::ask(std::unique_lock<std::mutex>& lock, std::function<void()> question) {
  question_ = std::move(question);
  has_answer_ = false;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::seconds(launch_.silence), [this] { return has_answer_; });
}

std::string Pulse::verdict() {
  const std::lock_guard lock(mutex_);
  return verdict_;
}

/// The first proposal of any rank counts.
std::string Pulse::agreed_verdict(const std::string& proposal) {
  std::unique_lock lock(mutex_);
  ask(lock, [this, proposal] {
    const auto first = store_->compareSet(kVerdict, {}, bytes_of(proposal));
    const std::lock_guard of_answer(mutex_);
    verdict_.assign(first.begin(), first.end());
  });
  if (verdict_.empty()) verdict_ = proposal;
  return verdict_;
}

Pulse::Readings Pulse::readings() {
  std::unique_lock lock(mutex_);
  readings_.clear();
  ask(lock, [this] {
    const auto values = store_->multiGet(keys_);
    const std::lock_guard of_answer(mutex_);
    readings_.clear();  // an answer that came too late may be there
    for (const std::vector<uint8_t>& value : values) readings_.emplace_back(value.begin(), value.end());
  });
  return readings_;
}

}  // namespace gan

#endif
