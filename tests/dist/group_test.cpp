#include "gan/dist/group.h"

#include <torch/csrc/autograd/autograd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "gan/base/text.h"
#include "gan/dist/world.h"
#include "support/ranks.h"
#include "support/test.h"

namespace gan {
namespace {

using test::as_processes;
using test::as_ranks;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::string numbers(const at::Tensor& tensor) {
  std::string text;
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    text += (i > 0 ? " " : "") + to_text(tensor.flatten()[i].item<double>());
  }
  return text;
}

TEST(Group, AloneIsRankZeroOfOneAndChangesNothing) {
  const Group group;
  EXPECT_TRUE(group.alone());
  EXPECT_TRUE(group.leads());
  const at::Tensor values = at::arange(3.0);
  group.sum(values);
  group.broadcast(values);
  EXPECT_EQ(numbers(values), "0 1 2");
  EXPECT_EQ(group.broadcast("text"), "text");
  EXPECT_THAT(group.gather("text"), ElementsAre("text"));
}

TEST(Group, SumsBroadcastsAndGathers) {
  const auto results = as_ranks(3, [](const Group& group) {
    const auto rank = static_cast<double>(group.rank());
    const at::Tensor sum = at::full({4}, rank + 1), first = at::full({2}, rank + 7, at::kDouble);
    group.sum(sum);
    group.broadcast(first);
    std::string gathered;
    for (const std::string& text : group.gather(std::string(static_cast<size_t>(group.rank()), 'x'))) {
      gathered += text + ",";
    }
    return numbers(sum) + " | " + numbers(first) + " | " + gathered + " | " + group.broadcast("by " + to_text(rank));
  });
  EXPECT_THAT(results, Each("6 6 6 6 | 7 7 | ,x,xx, | by 0"));
}

TEST(Group, ARankThatEndsIsNamedByAllOthersWithinSeconds) {
  const auto begin = std::chrono::steady_clock::now();
  const auto results = as_ranks(3, [](const Group& group) -> std::string {
    const at::Tensor values = at::ones({1000});
    group.sum(values);
    if (group.rank() == 1) ::_exit(3);
    for (;;) group.sum(values);
  });
  EXPECT_THAT(results, ElementsAre("LostRank: rank 1 of 3 is gone", "", "LostRank: rank 1 of 3 is gone"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(Group, TheEndOfRankZeroIsNamedToo) {
  const auto results = as_ranks(2, [](const Group& group) -> std::string {
    if (group.leads()) ::_exit(3);
    for (;;) group.sum(at::ones({1000}));
  });
  EXPECT_THAT(results, ElementsAre("", HasSubstr("LostRank: rank 0 of 2 is gone")));
}

TEST(Group, ARankThatFallsSilentIsNamedThoughItsConnectionsStayOpen) {
  const uint16_t port = test::free_port();
  const auto results = as_processes(3, [&](int64_t rank) -> std::string {
    Launch launch = test::launch(rank, 3, port);
    launch.silence = 2;
    const Group group(launch);
    const std::string silent = group.gather(to_text(int64_t{::getpid()}))[1];
    if (rank == 1) ::raise(SIGSTOP);
    try {
      for (;;) group.sum(at::ones({10000}));
    } catch (const LostRank&) {
      if (rank == 2) ::kill(static_cast<pid_t>(std::stoi(silent)), SIGKILL);
      throw;
    }
  });
  EXPECT_THAT(results, ElementsAre("LostRank: rank 1 of 3 is gone", "", "LostRank: rank 1 of 3 is gone"));
}

TEST(Group, ARankThatTakesItsTimeIsNotGone) {
  const uint16_t port = test::free_port();
  const auto results = as_processes(2, [&](int64_t rank) {
    Launch launch = test::launch(rank, 2, port);
    launch.silence = 1;
    const Group group(launch);
    if (rank == 0) std::this_thread::sleep_for(std::chrono::seconds(4));
    const at::Tensor sum = at::ones({10000});
    group.sum(sum);
    return to_text(sum.sum().item<double>());
  });
  EXPECT_THAT(results, Each("20000"));
}

TEST(Group, ARankThatNeverComesIsNamed) {
  const uint16_t port = test::free_port();
  const auto results = as_processes(3, [&](int64_t rank) -> std::string {
    if (rank == 2) return "elsewhere";
    Launch launch = test::launch(rank, 3, port);
    launch.patience = 1;
    return to_text(Group(launch).size());
  });
  EXPECT_EQ(results[0], "Error: rank 2 of 3 did not come within 1 seconds (started by the test)");
  EXPECT_EQ(results[1], "exception: rank 0 says why");
}

TEST(Group, WhatAnEarlierStartLeftInTheLaunchersServerIsNotTakenForThisOne) {
  const test::StoreServer server;
  const auto start = [&](bool ends_early) {
    return as_processes(2, [&](int64_t rank) -> std::string {
      Launch launch = test::launch(rank, 2, server.port());
      launch.has_server = true;
      const Group group(launch);
      if (ends_early && rank == 1) ::_exit(3);
      const at::Tensor values = at::full({2}, static_cast<double>(rank));
      for (int i = 0; i < 3; ++i) group.sum(values);
      return numbers(values);
    });
  };
  EXPECT_THAT(start(true), ElementsAre("LostRank: rank 1 of 2 is gone", ""));
  EXPECT_THAT(start(false), Each("4 4"));
}

TEST(Group, RanksOfDifferentNumbersAreNamed) {
  const uint16_t port = test::free_port();
  const auto results =
      as_processes(2, [&](int64_t rank) { return to_text(Group(test::launch(rank, rank == 0 ? 2 : 3, port)).size()); });
  EXPECT_EQ(results[0], "Error: rank 1 of 2 is one of 3 processes, rank 0 one of 2 (started by the test)");
  EXPECT_EQ(results[1], "exception: rank 0 says why");
}

TEST(Group, AProcessThatIsTheSameRankAsAnotherIsToldApart) {
  const uint16_t port = test::free_port();
  const auto results = as_processes(4, [&](int64_t process) {
    Launch launch = test::launch(std::min<int64_t>(process, 2), 3, port);
    if (process == 3) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    if (process == 1) std::this_thread::sleep_for(std::chrono::seconds(2));
    return to_text(Group(launch).size());
  });
  EXPECT_THAT(results, ElementsAre("3", "3", "Error: another process is rank 2 of 3, too (started by the test)", "3"));
}

TEST(Group, AServerOfAnotherKindIsGivenUpInTime) {
  const test::Listener listener;
  const auto results = as_processes(1, [&](int64_t) {
    Launch launch = test::launch(1, 2, listener.port());
    launch.patience = 2;
    return to_text(Group(launch).size());
  });
  EXPECT_THAT(results, ElementsAre(HasSubstr("Error: rank 0 of 2 cannot be reached at 127.0.0.1:")));
  EXPECT_THAT(results, ElementsAre(HasSubstr(" within 2 seconds (started by the test)")));
}

TEST(Group, AnAddressThatIsNotRankZerosIsNamedByRankZero) {
  const auto results = as_processes(1, [&](int64_t) {
    Launch launch = test::launch(0, 2, test::free_port());
    launch.address = "no.such.host.invalid";
    launch.patience = 2;
    return to_text(Group(launch).size());
  });
  EXPECT_THAT(results, ElementsAre(testing::StartsWith("Error: rank 0 cannot reach itself at no.such.host.invalid:")));
}

TEST(Group, ANetworkInterfaceThatIsNotThereIsNamedByRankZero) {
  const uint16_t port = test::free_port();
  const auto results = as_processes(2, [&](int64_t rank) {
    if (rank == 1) ::setenv("GLOO_SOCKET_IFNAME", "nope", 1);
    return to_text(Group(test::launch(rank, 2, port)).size());
  });
  EXPECT_EQ(results[0],
            "Error: rank 1 of 2: GLOO_SOCKET_IFNAME: this machine has no network interface 'nope' with an address "
            "(started by the test)");
  EXPECT_EQ(results[1], "exception: rank 0 says why");
}

TEST(Group, SeveralNetworkInterfacesAreTaken) {
  const uint16_t port = test::free_port();
  const auto results = as_processes(2, [&](int64_t rank) {
    ::setenv("GLOO_SOCKET_IFNAME", "lo,lo", 1);
    const Group group(test::launch(rank, 2, port));
    const at::Tensor values = at::ones({10000});
    for (int i = 0; i < 4; ++i) group.sum(values);
    return to_text(values[0].item<double>());
  });
  EXPECT_THAT(results, Each("16"));
}

TEST(Group, APortThatIsTakenIsNamed) {
  const test::Listener listener;
  const auto results = as_processes(
      1, [&](int64_t) -> std::string { return to_text(Group(test::launch(0, 2, listener.port())).size()); });
  EXPECT_THAT(results, ElementsAre("Error: port " + to_text(int64_t{listener.port()}) +
                                   " of this machine is taken, where rank 0 is to listen (MASTER_PORT names another)"));
}

// ---- World -------------------------------------------------------------------------------------

/// The rows of `whole` that belong to this rank.
at::Tensor own(const at::Tensor& whole) {
  return whole.narrow(0, world().first_row(), world().rows());
}

TEST(World, EachRankHasItsRowsOfNoiseOfEachBatchAndAllDrawTheSame) {
  const auto draw = [](int64_t count) { return at::arange(static_cast<double>(count)); };
  EXPECT_EQ(numbers(own_noise(3, draw)), "0 1 2");
  const auto results = as_ranks(2, [&](const Group& group) {
    const InWorld in_world({group, 4, false});
    return numbers(own_noise(2, draw)) + " | " + numbers(own_noise(4, draw));
  });
  EXPECT_THAT(results, ElementsAre("0 1 | 0 1 4 5", "2 3 | 2 3 6 7"));
}

/// A function of a batch, with its gradient by x.
struct Derived {
  at::Tensor value, gradient;
};

Derived derived(const at::Tensor& rows, const std::function<at::Tensor(const at::Tensor& x)>& loss) {
  const at::Tensor x = rows.clone().requires_grad_();
  const at::Tensor value = loss(x);
  return {value.detach(), torch::autograd::grad({value}, {x})[0]};
}

/// Expects of two ranks the values and gradients that one process has.
void expect_as_of_one(const std::function<at::Tensor(const at::Tensor& x)>& loss) {
  const at::Tensor x = at::linspace(-1, 2, 24).view({8, 3}).square();
  const Derived of_one = derived(x, loss);
  const auto results = as_ranks(2, [&](const Group& group) -> std::string {
    const InWorld in_world({group, 8, true});
    const Derived mine = derived(own(x), loss);
    at::Tensor value = mine.value.clone();
    group.sum(value);
    const bool same = at::allclose(value / 2, of_one.value, 1e-5, 1e-6) &&
                      at::allclose(mine.gradient / 2, own(of_one.gradient), 1e-4, 1e-6);
    return same ? "same" : numbers(mine.gradient / 2) + " instead of " + numbers(own(of_one.gradient));
  });
  EXPECT_THAT(results, Each("same"));
}

TEST(World, MeansOverRanksHaveTheGradientsOfTheWholeBatch) {
  expect_as_of_one([](const at::Tensor& x) {
    const at::Tensor mean = mean_over_ranks(x.mean(0));
    return (x - mean).pow(4).mean() + mean.exp().sum();
  });
}

TEST(World, RowsOfAllRanksHaveTheGradientsOfTheWholeBatch) {
  expect_as_of_one([](const at::Tensor& x) {
    return (rows_of_all_ranks(x).unsqueeze(0) - x.unsqueeze(1)).square().sum(2).neg().exp().mean();
  });
}

}  // namespace
}  // namespace gan
