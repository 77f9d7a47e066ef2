#include "store.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/TCPStore.hpp>)

#include <future>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "gan/base/error.h"
#include "gan/base/text.h"
#include "gan/dist/group.h"

namespace gan {

namespace {

/// c10d tries again past its timeout, and waits for ever for the answer of a server that is none of its own. So a
/// thread connects, and is left alone if it takes too long.
StorePtr connect_within(std::chrono::seconds patience, const std::string& address, const c10d::TCPStoreOptions& how) {
  auto promise = std::make_shared<std::promise<StorePtr>>();
  std::future<StorePtr> store = promise->get_future();
  std::thread([promise, address, how] {
    try {
      promise->set_value(c10::make_intrusive<c10d::TCPStore>(address, how));
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  }).detach();
  if (store.wait_for(patience) != std::future_status::ready) throw std::runtime_error("no answer");
  return store.get();
}

}  // namespace

StorePtr connect(const Launch& launch, bool serves, std::chrono::seconds patience) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = patience;
  const std::string port = to_text(int64_t{launch.port}), where = launch.address + ":" + port;
  try {
    return connect_within(patience, launch.address, options);
  } catch (const std::exception& error) {
    // c10d throws one kind of error, and names the reason by errno's name.
    if (std::string(error.what()).find("EADDRINUSE") != std::string::npos) {
      throw Error("port " + port + " of this machine is taken, where rank 0 is to listen", "MASTER_PORT names another");
    }
    if (serves) throw Error("rank 0 cannot reach itself at " + where, "MASTER_ADDR must name its machine");
    const std::string who = launch.has_server ? launch.launcher + "'s server" : rank_name(0, launch.size);
    throw Error(who + " cannot be reached at " + where + " within " + to_text(int64_t{patience.count()}) + " seconds",
                "started by " + launch.launcher);
  }
}

StorePtr with_prefix(const std::string& prefix, const StorePtr& store) {
  return c10::make_intrusive<c10d::PrefixStore>(prefix, store);
}

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

}  // namespace gan

#endif
