#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "gan/dist/group.h"

namespace gan::test {

/// A port of this machine that nothing listens to.
uint16_t free_port();

/// Listens to a free port as long as it lives.
class Listener {
 public:
  Listener();
  ~Listener();
  Listener(const Listener&) = delete;
  uint16_t port() const { return port_; }

 private:
  int socket_;
  uint16_t port_ = 0;
};

/// Serves keys and values as long as it lives, as torchrun's agent does.
class StoreServer {
 public:
  StoreServer();
  ~StoreServer();
  StoreServer(const StoreServer&) = delete;
  uint16_t port() const;

 private:
  pid_t process_;
  uint16_t port_ = 0;
};

/// How rank `rank` of `size` is launched.
Launch launch(int64_t rank, int64_t size, uint16_t port);

/// Runs `act` as each of `size` ranks, in a process each, and gives what it returns, by rank; of a rank that ended
/// otherwise nothing. An exception becomes "TYPE: what".
std::vector<std::string> as_ranks(int64_t size, const std::function<std::string(const Group&)>& act);

/// The same without a group.
std::vector<std::string> as_processes(int64_t size, const std::function<std::string(int64_t rank)>& act);

}  // namespace gan::test
