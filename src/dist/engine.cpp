#include "engine.h"

#include "gan/base/error.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)

#include <ATen/Parallel.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "gan/base/text.h"
#include "gan/base/version.h"

namespace gan {

namespace {

using namespace std::chrono_literals;
using StorePtr = c10::intrusive_ptr<c10d::Store>;

constexpr auto kOperation = 30min;  // the others may wait for rank 0's evaluation
constexpr auto kPulse = 500ms;

std::vector<uint8_t> bytes(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string rank_text(int64_t rank, const Launch& launch) {
  return "rank " + to_text(rank) + " of " + to_text(launch.size);
}

/// A new connection to the server of keys and values, which this process is, too, if `serves`.
StorePtr connected(const Launch& launch, bool serves) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = std::chrono::seconds(launch.patience);
  const std::string where = launch.address + ":" + to_text(int64_t{launch.port});
  try {
    // What an earlier start of all left there must not be taken for ours.
    return c10::make_intrusive<c10d::PrefixStore>("gan/" + to_text(launch.restart),
                                                  c10::make_intrusive<c10d::TCPStore>(launch.address, options));
  } catch (const std::exception& error) {
    const std::string what = error.what();
    if (what.find("EADDRINUSE") != std::string::npos) {
      throw Error("port " + to_text(int64_t{launch.port}) + " of this machine is taken, where rank 0 is to listen",
                  "MASTER_PORT names another");
    }
    if (serves) throw Error("cannot listen at " + where + ": " + message_of(error));
    throw Error(
        rank_text(0, launch) + " cannot be reached at " + where + " within " + to_text(launch.patience) + " seconds",
        "started by " + launch.launcher);
  }
}

}  // namespace

/// Shows the others that this rank lives, and finds out who does not.
class Pulse {
 public:
  Pulse(StorePtr store, const Launch& launch) : store_(std::move(store)), launch_(launch), beats_([this] { beat(); }) {}
  ~Pulse() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_all();
    beats_.join();
  }
  Pulse(const Pulse&) = delete;

  /// After an operation failed: who is gone, as all ranks say it; empty if all live.
  std::string lost() {
    constexpr int kReadings = 3;
    for (int i = 0; i < kReadings; ++i) {
      const auto before = readings();
      std::this_thread::sleep_for(4 * kPulse);
      if (const std::string known = told(); !known.empty()) return known;
      const auto now = readings();
      if (now.empty()) {
        return rank_text(0, launch_) + (launch_.has_server ? ", or " + launch_.launcher + "," : "") + " is gone";
      }
      for (int64_t rank = 0; rank < launch_.size && !before.empty(); ++rank) {
        const auto at = static_cast<size_t>(rank);
        if (rank == launch_.rank || now[at] != before[at]) continue;
        tell(rank_text(rank, launch_) + " is gone");
        std::this_thread::sleep_for(4 * kPulse);  // for all to hear of it, before a server goes
        return told();
      }
    }
    return {};
  }

 private:
  void beat() {
    std::unique_lock lock(mutex_);
    for (int64_t beats = 1; !ends_; ++beats) {
      lock.unlock();
      std::string told;
      try {
        const std::lock_guard one(store_mutex_);
        store_->set(key(launch_.rank), bytes(to_text(beats)));
        if (store_->check({kGone})) told = store_->get_to_str(kGone);
      } catch (const std::exception&) {  // the server is gone: the next operation finds out
      }
      lock.lock();
      if (!told.empty()) told_ = told;
      wake_.wait_for(lock, kPulse, [this] { return ends_; });
    }
  }

  std::string told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  /// The first that is told counts.
  void tell(const std::string& text) {
    std::string first = text;
    try {
      const std::lock_guard one(store_mutex_);
      const auto value = store_->compareSet(kGone, {}, bytes(text));
      first.assign(value.begin(), value.end());
    } catch (const std::exception&) {
    }
    const std::lock_guard lock(mutex_);
    if (told_.empty()) told_ = first;
  }

  /// Of each rank; none if the server is gone.
  std::vector<std::string> readings() {
    std::vector<std::string> values;
    try {
      const std::lock_guard one(store_mutex_);
      for (int64_t rank = 0; rank < launch_.size; ++rank) {
        values.push_back(store_->check({key(rank)}) ? store_->get_to_str(key(rank)) : "");
      }
    } catch (const std::exception&) {
      return {};
    }
    return values;
  }

  static std::string key(int64_t rank) { return "pulse/" + to_text(rank); }
  static constexpr const char* kGone = "gone";

  StorePtr store_;
  const Launch launch_;
  std::mutex mutex_, store_mutex_;
  std::condition_variable wake_;
  bool ends_ = false;
  std::string told_;
  std::thread beats_;
};

struct Group::Engine::Parts {
  StorePtr store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  std::unique_ptr<Pulse> pulse;

  template <class Act>
  void attempt(const Act& act) {
    try {
      act();
    } catch (const std::exception& error) {  // its text is of sockets; who is gone says more
      const std::string lost = pulse->lost();
      throw LostRank(lost.empty() ? "the ranks cannot reach each other: " + message_of(error) : lost);
    }
  }
};

bool Group::has_engine() {
  return true;
}

namespace {

/// Why the ranks that came cannot work together; empty if they can. Throws if the server is gone.
std::string fault_of_meeting(c10d::Store& store, const Launch& launch) {
  const auto key = [](int64_t rank) { return "here/" + to_text(rank); };
  const std::string own = gan_version() + " with LibTorch " + libtorch_version();
  store.set(key(launch.rank), bytes(own));
  std::vector<std::string> keys;
  for (int64_t rank = 0; rank < launch.size; ++rank) keys.push_back(key(rank));
  try {
    store.wait(keys, std::chrono::seconds(launch.patience));
  } catch (const std::exception&) {  // too late
  }
  for (int64_t rank = 0; rank < launch.size; ++rank) {
    if (!store.check({key(rank)})) {
      return rank_text(rank, launch) + " did not come within " + to_text(launch.patience) + " seconds";
    }
    const std::string version = store.get_to_str(key(rank)), first = store.get_to_str(key(0));
    if (version != first) return rank_text(rank, launch) + " is version " + version + ", rank 0 " + first;
  }
  return {};
}

/// Waits for all ranks. Throws Error in rank 0, or where it is missing, and SaidByRankZero in the others.
void meet(c10d::Store& store, const Launch& launch) {
  std::string fault;
  try {
    fault = fault_of_meeting(store, launch);
  } catch (const std::exception&) {  // rank 0 was here, and left
    throw SaidByRankZero();
  }
  if (fault.empty()) return;
  if (launch.rank == 0) std::this_thread::sleep_for(2 * kPulse);  // for the others to see that it is here
  if (launch.rank != 0 && !fault.starts_with(rank_text(0, launch))) throw SaidByRankZero();
  throw Error(fault, "started by " + launch.launcher);
}

}  // namespace

Group::Engine::Engine(const Launch& launch) : parts_(std::make_unique<Parts>()) {
  constexpr int kFatal = 3;
  FLAGS_caffe2_log_level = kFatal;  // c10d's own warnings are of sockets, and fill the screen
  const bool serves = launch.rank == 0 && !launch.has_server;
  parts_->store = connected(launch, serves);
  meet(*parts_->store, launch);
  parts_->pulse = std::make_unique<Pulse>(connected(launch, /*serves=*/false), launch);
  const auto options = c10d::ProcessGroupGloo::Options::create(std::chrono::seconds(launch.patience));
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");  // as PyTorch reads it
  options->devices.push_back(interface != nullptr ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                                  : c10d::ProcessGroupGloo::createDefaultDevice());
  options->threads = 1;
  try {
    parts_->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(parts_->store, static_cast<int>(launch.rank),
                                                               static_cast<int>(launch.size), options);
  } catch (const std::exception& error) {
    throw Error("the ranks cannot connect to each other: " + message_of(error),
                "GLOO_SOCKET_IFNAME names the network interface to use");
  }
  parts_->gloo->setTimeout(kOperation);
}

Group::Engine::~Engine() = default;

void Group::Engine::sum(at::Tensor& values) {
  constexpr size_t kFew = 1 << 14;  // bytes, which cost less to gather in one round than to sum in two
  parts_->attempt([&] {
    if (values.nbytes() <= kFew) {
      at::Tensor all = at::empty({parts_->gloo->getSize(), values.numel()}, values.options()),
                 own = values.view({1, -1});
      parts_->gloo->_allgather_base(all, own)->wait();
      at::sum_out(own, all, {0}, /*keepdim=*/true, values.scalar_type());
      return;
    }
    std::vector<at::Tensor> tensors{values};
    parts_->gloo->allreduce(tensors)->wait();
  });
}

void Group::Engine::broadcast(at::Tensor& values) {
  parts_->attempt([&] {
    std::vector<at::Tensor> tensors{values};
    parts_->gloo->broadcast(tensors)->wait();
  });
}

}  // namespace gan

#else

namespace gan {

struct Group::Engine::Parts {};

bool Group::has_engine() {
  return false;
}

Group::Engine::Engine(const Launch& launch) {
  throw Error("started by " + launch.launcher +
                  " beside others, and this build cannot train with them: its LibTorch "
                  "has no Gloo",
              "--no-dist trains in this process alone");
}
Group::Engine::~Engine() = default;
void Group::Engine::sum(at::Tensor&) {}
void Group::Engine::broadcast(at::Tensor&) {}

}  // namespace gan

#endif
