#include "engine.h"

#include "gan/base/error.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)

#include <ATen/Parallel.h>
#include <sched.h>

#include <cstdlib>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "gan/base/text.h"
#include "meeting.h"
#include "nccl.h"
#include "pulse.h"

namespace gan {

namespace {

using namespace std::chrono_literals;
using Gloo = c10d::ProcessGroupGloo;

constexpr auto kOperationTimeout = 30min;  // the others may wait for rank 0's evaluation

/// Not in LibTorch 2.6: there the ranks have as long to connect as an operation has.
template <class Group>
constexpr bool kCanChangeTimeout = requires(Group& gloo) {
  gloo.setTimeout(kOperationTimeout);
};

template <class Group>
void change_timeout(Group& gloo) {
  if constexpr (kCanChangeTimeout<Group>) gloo.setTimeout(kOperationTimeout);
}

/// Keeps a thread that a message wakes from pushing aside the one that sends. Gloo's thread spins while another holds a
/// connection's lock, and spins for a whole time slice if the holder was pushed aside. Holds for this thread and those
/// that it starts from here on.
void schedule_as_batch() {
  const sched_param parameters{};
  ::sched_setscheduler(0, SCHED_BATCH, &parameters);  // where it is forbidden, it is only slower
}

using Devices = std::vector<std::shared_ptr<::gloo::transport::Device>>;

/// The network interfaces of GLOO_SOCKET_IFNAME, "eth0" or "eth0,eth1", as PyTorch's Python reads it; else the one that
/// this machine's name leads to. Throws Error.
Devices network_devices() {
  const char* given = std::getenv("GLOO_SOCKET_IFNAME");
  const std::string names = given == nullptr ? "" : given;
  Devices devices;
  try {
    if (names.empty()) return {Gloo::createDefaultDevice()};
    for (const std::string_view name : split(names, ',')) {
      devices.push_back(Gloo::createDeviceForInterface(std::string(name)));
    }
  } catch (const std::exception& error) {
    if (names.empty()) throw Error("no network for the ranks: " + message_of(error), "GLOO_SOCKET_IFNAME names one");
    throw Error("GLOO_SOCKET_IFNAME: this machine has no network interface '" + printable(names) + "' with an address");
  }
  return devices;
}

}  // namespace

struct Group::Engine::Parts {
  StorePtr store;
  c10::intrusive_ptr<Gloo> gloo;
  std::unique_ptr<Nccl> nccl;  ///< from the first sum on a GPU on
  std::unique_ptr<Pulse> pulse;
  std::chrono::seconds silence;

  /// Waits for the operation that `begin` begins. Throws LostRank.
  template <class Begin>
  void complete(const Begin& begin) {
    std::string lost;
    try {
      lost = wait(*begin());
      if (lost.empty()) return;
    } catch (const std::exception& error) {  // its text is of sockets; who is lost says more
      lost = pulse->lost();
      if (lost.empty()) lost = "the ranks cannot reach each other: " + message_of(error);
    }
    gloo.release();  // never destroyed: their threads may hang
    nccl.release();
    pulse.release();
    throw LostRank(lost);
  }

  /// Which rank is lost, in words, if the operation cannot end for that; empty once it has ended. Where a machine
  /// vanishes no connection is closed.
  std::string wait(c10d::Work& work) {
    for (Pulse::Readings before;;) {
      try {
        work.wait(silence);
        return {};
      } catch (const std::exception&) {
        if (work.isCompleted()) throw;
      }
      if (const std::string lost = pulse->lost_since(before); !lost.empty()) return lost;
    }
  }
};

bool Group::has_engine() {
  return true;
}

Group::Engine::Engine(const Launch& launch) : parts_(std::make_unique<Parts>()) {
  constexpr int kFatal = 3;
  FLAGS_caffe2_log_level = kFatal;  // c10d's own warnings are of sockets, and fill the screen
  schedule_as_batch();
  const std::chrono::seconds patience(launch.patience);
  parts_->silence = std::chrono::seconds(launch.silence);
  Devices devices;
  std::string fault;
  try {
    devices = network_devices();
  } catch (const Error& error) {
    fault = error.what();
  }
  const bool serves = launch.rank == 0 && !launch.has_server;
  const StorePtr server = connect(launch, serves, patience);
  const std::string start = meet(*server, launch, fault);
  parts_->store = with_prefix(start, server);
  parts_->pulse =
      std::make_unique<Pulse>(with_prefix(start, connect(launch, /*serves=*/false, parts_->silence)), launch);
  const auto options = Gloo::Options::create(kCanChangeTimeout<Gloo> ? patience : kOperationTimeout);
  options->devices = devices;
  options->threads = static_cast<int>(devices.size());
  try {
    parts_->gloo =
        c10::make_intrusive<Gloo>(parts_->store, static_cast<int>(launch.rank), static_cast<int>(launch.size), options);
  } catch (const std::exception& error) {
    if (const std::string lost = parts_->pulse->lost(); !lost.empty()) throw LostRank(lost);
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
