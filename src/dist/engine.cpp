#include "engine.h"

#include "gan/base/error.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)

#include <ATen/Parallel.h>
#include <sched.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "gan/base/text.h"
#include "gan/base/version.h"
#include "nccl.h"

namespace gan {

namespace {

using namespace std::chrono_literals;
using StorePtr = c10::intrusive_ptr<c10d::Store>;

constexpr auto kOperation = 30min;  // the others may wait for rank 0's evaluation
constexpr auto kPulse = 500ms;

std::vector<uint8_t> bytes(const std::string& text) {
  return {text.begin(), text.end()};
}

/// Not in LibTorch 2.6: there the ranks have as long to connect as an operation has.
template <class Gloo>
constexpr bool kCanChangeTimeout = requires(Gloo& gloo) {
  gloo.setTimeout(kOperation);
};

template <class Gloo>
void change_timeout(Gloo& gloo) {
  if constexpr (kCanChangeTimeout<Gloo>) gloo.setTimeout(kOperation);
}

/// Keeps a thread that a message wakes from pushing aside the one that sends. Gloo's thread spins while another holds a
/// connection's lock, and spins for a whole time slice if the holder was pushed aside.
void let_threads_finish() {
  const sched_param parameters{};
  ::sched_setscheduler(0, SCHED_BATCH, &parameters);  // where it is forbidden, it is only slower
}

/// A new connection to the server of keys and values, which this process is, too, if `serves`. What it waits for must
/// come within `patience`.
StorePtr connected(const Launch& launch, bool serves, std::chrono::seconds patience) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = patience;
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
    throw Error(rank_name(0, launch.size) + " cannot be reached at " + where + " within " + to_text(launch.patience) +
                    " seconds",
                "started by " + launch.launcher);
  }
}

}  // namespace

/// Shows the others that this rank lives, and finds out who does not.
class Pulse {
 public:
  Pulse(StorePtr store, const Launch& launch) : store_(std::move(store)), launch_(launch) {
    for (int64_t rank = 0; rank < launch.size; ++rank) keys_.push_back("pulse/" + to_text(rank));
    beats_ = std::thread([this] { beat(); });
  }
  ~Pulse() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_all();
    beats_.join();
  }
  Pulse(const Pulse&) = delete;

  /// The pulse of each rank, by rank; none if the server is gone.
  using Readings = std::vector<std::string>;

  /// Reads them all. Who has given none since `before` was read, as all ranks say it; empty if all live. The server is
  /// where rank 0 is.
  std::string gone(Readings& before) {
    const Readings now = readings();
    const Readings then = std::exchange(before, now);
    if (const std::string known = told(); !known.empty()) return known;
    if (now.empty()) {
      return rank_name(0, launch_.size) + (launch_.has_server ? ", or " + launch_.launcher + "," : "") + " is gone";
    }
    for (int64_t rank = 0; rank < launch_.size && !then.empty(); ++rank) {
      const auto at = static_cast<size_t>(rank);
      if (rank == launch_.rank || now[at] != then[at]) continue;
      tell(rank_name(rank, launch_.size) + " is gone");
      std::this_thread::sleep_for(2 * kPulse);  // for all to hear of it, before a server goes
      return told();
    }
    return {};
  }

  /// After an operation failed: who is gone, as all ranks say it; empty if all live.
  std::string gone() {
    constexpr int kReadings = 3;
    Readings before = readings();
    std::string gone;
    for (int i = 0; i < kReadings && gone.empty(); ++i) {
      std::this_thread::sleep_for(4 * kPulse);
      gone = this->gone(before);
    }
    return gone;
  }

 private:
  void beat() {
    std::unique_lock lock(mutex_);
    for (int64_t beats = 1; !ends_; ++beats) {
      const std::function<void()> act = std::exchange(asked_, {});
      lock.unlock();
      std::string told;
      try {
        store_->set(keys_[static_cast<size_t>(launch_.rank)], bytes(to_text(beats)));
        if (store_->check({kGone})) told = store_->get_to_str(kGone);
        if (act) act();
      } catch (const std::exception&) {  // the server is gone: the next operation finds out
      }
      lock.lock();
      if (!told.empty()) told_ = told;
      answered_ |= act != nullptr;
      wake_.notify_all();
      wake_.wait_for(lock, kPulse, [this] { return ends_ || asked_; });
    }
  }

  /// Lets the thread act that alone uses the store, and waits for it; not for long, as it hangs if the server's machine
  /// vanished.
  void ask(std::unique_lock<std::mutex>& lock, std::function<void()> act) {
    asked_ = std::move(act);
    answered_ = false;
    wake_.notify_all();
    wake_.wait_for(lock, std::chrono::seconds(launch_.silence), [this] { return answered_; });
  }

  std::string told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  /// The first that is told counts.
  void tell(const std::string& text) {
    std::unique_lock lock(mutex_);
    ask(lock, [this, text] {
      const auto first = store_->compareSet(kGone, {}, bytes(text));
      const std::lock_guard of_answer(mutex_);
      told_.assign(first.begin(), first.end());
    });
    if (told_.empty()) told_ = text;
  }

  Readings readings() {
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

  static constexpr const char* kGone = "gone";

  StorePtr store_;
  const Launch launch_;
  std::vector<std::string> keys_;  ///< of the pulses, by rank
  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void()> asked_;
  bool answered_ = false, ends_ = false;
  std::string told_;
  Readings readings_;
  std::thread beats_;
};

struct Group::Engine::Parts {
  StorePtr store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  std::unique_ptr<Nccl> nccl;  ///< from the first sum on a GPU on
  std::unique_ptr<Pulse> pulse;
  std::chrono::seconds silence;

  /// Waits for the operation that `begin` begins. Throws LostRank, and leaves what it had to the end of the process:
  /// its threads may hang where a machine vanished.
  template <class Begin>
  void complete(const Begin& begin) {
    std::string gone;
    try {
      gone = wait(*begin());
      if (gone.empty()) return;
    } catch (const std::exception& error) {  // its text is of sockets; who is gone says more
      gone = pulse->gone();
      if (gone.empty()) gone = "the ranks cannot reach each other: " + message_of(error);
    }
    gloo.release();
    nccl.release();
    pulse.release();
    throw LostRank(gone);
  }

  /// Who is gone, if the operation cannot end for that. Where a machine vanishes no connection is closed.
  std::string wait(c10d::Work& work) {
    for (Pulse::Readings before;;) {
      try {
        work.wait(silence);
        return {};
      } catch (const std::exception&) {
        if (work.isCompleted()) throw;
      }
      if (const std::string gone = pulse->gone(before); !gone.empty()) return gone;
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
      return rank_name(rank, launch.size) + " did not come within " + to_text(launch.patience) + " seconds";
    }
    const std::string version = store.get_to_str(key(rank)), first = store.get_to_str(key(0));
    if (version != first) return rank_name(rank, launch.size) + " is version " + version + ", rank 0 " + first;
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
  if (launch.rank != 0 && !fault.starts_with(rank_name(0, launch.size))) throw SaidByRankZero();
  throw Error(fault, "started by " + launch.launcher);
}

}  // namespace

Group::Engine::Engine(const Launch& launch) : parts_(std::make_unique<Parts>()) {
  constexpr int kFatal = 3;
  FLAGS_caffe2_log_level = kFatal;  // c10d's own warnings are of sockets, and fill the screen
  const bool serves = launch.rank == 0 && !launch.has_server;
  let_threads_finish();
  parts_->store = connected(launch, serves, std::chrono::seconds(launch.patience));
  meet(*parts_->store, launch);
  parts_->silence = std::chrono::seconds(launch.silence);
  parts_->pulse = std::make_unique<Pulse>(connected(launch, /*serves=*/false, parts_->silence), launch);
  const auto options = c10d::ProcessGroupGloo::Options::create(
      kCanChangeTimeout<c10d::ProcessGroupGloo> ? std::chrono::seconds(launch.patience) : kOperation);
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
  change_timeout(*parts_->gloo);
}

Group::Engine::~Engine() = default;

void Group::Engine::sum(at::Tensor& values) {
  if (values.is_cuda()) {
    if (!parts_->nccl) {
      parts_->nccl = std::make_unique<Nccl>(parts_->store, parts_->gloo->getRank(), parts_->gloo->getSize());
    }
    parts_->nccl->sum(values);
    return;
  }
  constexpr size_t kFew = 1 << 14;  // bytes, which cost less to gather in one round than to sum in two
  if (values.nbytes() > kFew) {
    std::vector<at::Tensor> tensors{values};
    parts_->complete([&] { return parts_->gloo->allreduce(tensors); });
    return;
  }
  at::Tensor all = at::empty({parts_->gloo->getSize(), values.numel()}, values.options()), own = values.view({1, -1});
  parts_->complete([&] { return parts_->gloo->_allgather_base(all, own); });
  at::sum_out(own, all, {0}, /*keepdim=*/true, values.scalar_type());
}

void Group::Engine::broadcast(at::Tensor& values) {
  std::vector<at::Tensor> tensors{values};
  parts_->complete([&] { return parts_->gloo->broadcast(tensors); });
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
