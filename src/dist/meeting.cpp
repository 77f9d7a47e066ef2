#include "meeting.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/TCPStore.hpp>)

#include <random>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "gan/base/error.h"
#include "gan/base/text.h"
#include "gan/base/version.h"
#include "gan/dist/group.h"

namespace gan {

namespace {

// Each rank leaves a hello with a random word. Rank 0 writes which hellos it sees; a rank that finds its own among them
// answers, so it lives and is of this start. When all have answered, rank 0 lets them go.

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kPoll = 50ms;
constexpr auto kHearing = 1s;  ///< for all to hear of a fault, before rank 0 takes the server away
constexpr const char* kCall = "gan/call";

std::string random_word() {
  std::random_device device;
  std::string word;
  for (int i = 0; i < 16; ++i) word += "0123456789abcdef"[device() % 16];
  return word;
}

std::string hello_key(int64_t rank) {
  return "gan/hello/" + to_text(rank);
}
std::string answer_key(const std::string& start, int64_t rank) {
  return "gan/" + start + "/answer/" + to_text(rank);
}
std::string go_key(const std::string& start) {
  return "gan/" + start + "/go";
}

std::vector<std::string> fields_of(const std::string& text, char separator) {
  std::vector<std::string> fields;
  for (const std::string_view field : split(text, separator)) fields.emplace_back(field);
  return fields;
}

/// What a rank says of itself.
struct Hello {
  std::string word, size, version, fault;

  explicit Hello(const Launch& launch, std::string fault)
      : word(random_word()),
        size(to_text(launch.size)),
        version(gan_version() + " with LibTorch " + libtorch_version()),
        fault(printable(std::move(fault))) {}

  explicit Hello(const std::string& text) {
    std::vector<std::string> fields = fields_of(text, '\t');
    fields.resize(4);
    word = fields[0], size = fields[1], version = fields[2], fault = fields[3];
  }

  std::string text() const { return word + "\t" + size + "\t" + version + "\t" + fault; }
};

/// What rank 0 says to all: the word of this start, what is wrong, and the words of the hellos that it sees.
struct Call {
  std::string start, fault;
  std::vector<std::string> words;  ///< by rank; empty: not there

  std::string text() const { return start + "\n" + fault + "\n" + joined(words, "\n"); }

  static Call parsed(const std::string& text) {
    std::vector<std::string> lines = fields_of(text, '\n');
    lines.resize(std::max<size_t>(lines.size(), 2));
    return {lines[0], lines[1], {lines.begin() + 2, lines.end()}};
  }
};

std::string value_or_none(c10d::Store& store, const std::string& key) {
  return store.check({key}) ? store.get_to_str(key) : "";
}

/// What keeps a rank from working with rank 0; empty if nothing does.
std::string fault_of(const Hello& hello, const Hello& first) {
  if (hello.size != first.size) return "is one of " + hello.size + " processes, rank 0 one of " + first.size;
  if (hello.version != first.version) return "is version " + hello.version + ", rank 0 " + first.version;
  return hello.fault;
}

std::string lead(c10d::Store& store, const Launch& launch, const Hello& own) {
  const auto deadline = Clock::now() + std::chrono::seconds(launch.patience);
  const auto name = [&](int64_t rank) { return rank_name(rank, launch.size); };
  Call call{own.word, own.fault, std::vector<std::string>(static_cast<size_t>(launch.size))};
  call.words[0] = own.word;
  for (;; std::this_thread::sleep_for(kPoll)) {
    const bool late = Clock::now() > deadline;
    bool all = true;
    for (int64_t rank = 1; rank < launch.size; ++rank) {
      const Hello hello(value_or_none(store, hello_key(rank)));
      call.words[static_cast<size_t>(rank)] = hello.word;
      const bool answered = !hello.word.empty() && value_or_none(store, answer_key(own.word, rank)) == hello.word;
      all &= answered;
      if (!call.fault.empty()) continue;
      const std::string fault = answered ? fault_of(hello, own) : "";
      if (!fault.empty()) call.fault = name(rank) + (fault == hello.fault ? ": " : " ") + fault;
      if (late && !answered) {
        call.fault = name(rank) + " did not come within " + to_text(launch.patience) + " seconds";
      }
    }
    store.set(kCall, bytes_of(call.text()));
    if (!call.fault.empty()) {
      std::this_thread::sleep_for(kHearing);
      throw Error(call.fault, "started by " + launch.launcher);
    }
    if (!all) continue;
    store.set(go_key(own.word), bytes_of("go"));
    return "gan/" + own.word;
  }
}

std::string follow(c10d::Store& store, const Launch& launch, const Hello& own) {
  auto deadline = Clock::now() + std::chrono::seconds(launch.patience) + kHearing;
  const auto at = static_cast<size_t>(launch.rank);
  const std::string hello = own.text();
  std::string answered;  // the start that this rank has answered
  store.set(hello_key(launch.rank), bytes_of(hello));
  for (;; std::this_thread::sleep_for(kPoll)) {
    if (store.get_to_str(hello_key(launch.rank)) != hello) {
      throw Error("another process is " + rank_name(launch.rank, launch.size) + ", too",
                  "started by " + launch.launcher);
    }
    const Call call = Call::parsed(value_or_none(store, kCall));
    const bool heard = at < call.words.size() && call.words[at] == own.word;
    if (heard && answered != call.start) {
      answered = call.start;
      store.set(answer_key(call.start, launch.rank), bytes_of(own.word));
      deadline = Clock::now() + std::chrono::seconds(launch.patience) + kHearing;  // rank 0 waits for the others
    }
    if (heard && !call.fault.empty()) throw SaidByRankZero();
    if (heard && store.check({go_key(call.start)})) return "gan/" + call.start;
    if (Clock::now() > deadline) {
      throw Error(rank_name(0, launch.size) + " did not answer within " + to_text(launch.patience) + " seconds",
                  "started by " + launch.launcher);
    }
  }
}

}  // namespace

std::string meet(c10d::Store& store, const Launch& launch, const std::string& fault) {
  const Hello own(launch, fault);
  try {
    return launch.rank == 0 ? lead(store, launch, own) : follow(store, launch, own);
  } catch (const Error&) {
    throw;
  } catch (const SaidByRankZero&) {
    throw;
  } catch (const std::exception&) {
    throw LostRank(launch.has_server ? launch.launcher + "'s server is gone" : rank_name(0, launch.size) + " is gone");
  }
}

}  // namespace gan

#endif
