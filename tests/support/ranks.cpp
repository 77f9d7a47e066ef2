#include "support/ranks.h"

#include <ATen/Parallel.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "gan/base/error.h"
#include "support/test.h"

namespace gan::test {

Listener::Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof address;
  const bool listens = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(socket_, 1) == 0;
  EXPECT_TRUE(listens);
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

Listener::~Listener() {
  ::close(socket_);
}

StoreServer::StoreServer() : port_(free_port()) {
  process_ = start([this] {
    c10d::TCPStoreOptions options;
    options.port = port_;
    options.isServer = true;
    options.waitWorkers = false;
    const c10d::TCPStore server("127.0.0.1", options);
    ::pause();
  });
}

StoreServer::~StoreServer() {
  ::kill(process_, SIGKILL);
  signal_that_ended(process_);
}

uint16_t StoreServer::port() const {
  return port_;
}

uint16_t free_port() {
  return Listener().port();
}

Launch launch(int64_t rank, int64_t size, uint16_t port) {
  return {.launcher = "the test", .rank = rank, .size = size, .address = "127.0.0.1", .port = port, .patience = 20};
}

std::vector<std::string> as_processes(int64_t size, const std::function<std::string(int64_t rank)>& act) {
  const TemporaryFolder folder;
  std::vector<pid_t> processes;
  for (int64_t rank = 0; rank < size; ++rank) {
    processes.push_back(start([&] {
      at::set_num_threads(1);  // threads of before the fork are gone
      std::string result;
      try {
        result = act(rank);
      } catch (const Error& error) {
        result = std::string("Error: ") + error.what();
      } catch (const LostRank& error) {
        result = std::string("LostRank: ") + error.what();
      } catch (const std::exception& error) {
        result = std::string("exception: ") + error.what();
      }
      spill(folder / std::to_string(rank), result);
    }));
  }
  std::vector<std::string> results;
  for (size_t rank = 0; rank < processes.size(); ++rank) {
    signal_that_ended(processes[rank]);
    const fs::path file = folder / std::to_string(rank);
    results.push_back(fs::exists(file) ? slurp(file) : "");
  }
  return results;
}

std::vector<std::string> as_ranks(int64_t size, const std::function<std::string(const Group&)>& act) {
  const uint16_t port = free_port();
  return as_processes(size, [&](int64_t rank) { return act(Group(launch(rank, size, port))); });
}

}  // namespace gan::test
