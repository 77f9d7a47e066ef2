#include "gan/dist/launch.h"

#include <cstdlib>
#include <limits>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

namespace {

/// The variables of one launcher.
class Variables {
 public:
  Variables(const Environment& environment, std::string launcher)
      : environment_(environment), launcher_(std::move(launcher)) {}

  std::string text(const char* name) const {
    const auto value = environment_(name);
    if (!value || value->empty()) {
      throw Error("started by " + launcher_ + ", which sets no " + name, "--no-dist trains in this process alone");
    }
    return *value;
  }

  int64_t number(const char* name, int64_t least, int64_t most) const {
    const std::string value = text(name);
    int64_t parsed = 0;
    if (parse_text(value, parsed) && parsed >= least && parsed <= most) return parsed;
    throw Error(std::string(name) + ": expected a number from " + to_text(least) + " to " + to_text(most) + ", got '" +
                    value + "'",
                "it comes from " + launcher_);
  }

  int64_t number_or(int64_t otherwise, const char* name, int64_t least, int64_t most) const {
    return environment_(name) ? number(name, least, most) : otherwise;
  }

 private:
  const Environment& environment_;
  std::string launcher_;
};

constexpr int64_t kMostRanks = 65536, kMostPort = 65535, kAny = std::numeric_limits<int64_t>::max();

/// Which of the ranks this one is.
void read_ranks(const Variables& variables, const char* rank, const char* size, const char* local, Launch& launch) {
  launch.size = variables.number(size, 1, kMostRanks);
  launch.rank = variables.number(rank, 0, launch.size - 1);
  launch.local_rank = variables.number_or(0, local, 0, launch.rank);
}

Launch by_torchrun(const Environment& environment) {
  Launch launch{.launcher = "torchrun"};
  const Variables variables(environment, launch.launcher);
  read_ranks(variables, "RANK", "WORLD_SIZE", "LOCAL_RANK", launch);
  if (launch.size == 1) return launch;
  launch.address = variables.text("MASTER_ADDR");
  launch.port = static_cast<uint16_t>(variables.number("MASTER_PORT", 1, kMostPort));
  launch.has_server = environment("TORCHELASTIC_USE_AGENT_STORE") == "True";
  return launch;
}

/// A port that jobs, and steps of one job, on the same machine seldom share.
int64_t port_of_step(int64_t job, int64_t step) {
  constexpr int64_t kFirst = 15'000, kPorts = 10'000, kBetweenSteps = 1'009;
  return kFirst + (job % kPorts + step % kPorts * kBetweenSteps) % kPorts;
}

Launch by_slurm(const Environment& environment) {
  Launch launch{.launcher = "srun"};
  const Variables variables(environment, launch.launcher);
  read_ranks(variables, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", launch);
  if (launch.size == 1) return launch;
  const auto address = environment("MASTER_ADDR");
  launch.address = address ? *address : first_host(variables.text("SLURM_STEP_NODELIST"));
  launch.port = static_cast<uint16_t>(
      environment("MASTER_PORT")
          ? variables.number("MASTER_PORT", 1, kMostPort)
          : port_of_step(variables.number("SLURM_JOB_ID", 0, kAny), variables.number_or(0, "SLURM_STEP_ID", 0, kAny)));
  return launch;
}

}  // namespace

std::optional<Launch> find_launch(const Environment& environment) {
  std::optional<Launch> launch;
  if (environment("RANK") || environment("WORLD_SIZE")) {
    launch = by_torchrun(environment);
  } else if (environment("SLURM_PROCID") && environment("SLURM_STEP_NUM_TASKS")) {
    launch = by_slurm(environment);
  }
  return launch && launch->size > 1 ? launch : std::nullopt;
}

std::optional<Launch> find_launch() {
  return find_launch([](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
  });
}

std::string first_host(const std::string& list) {
  const size_t bracket = list.find('['), comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
  const size_t end = list.find_first_of(",-]", bracket);
  if (end == std::string::npos) throw Error("SLURM_STEP_NODELIST: expected a list of hosts, got '" + list + "'");
  const size_t closing = list.find(']', bracket);
  if (closing == std::string::npos) throw Error("SLURM_STEP_NODELIST: expected a list of hosts, got '" + list + "'");
  const std::string after = list.substr(closing + 1);
  return list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1) + after.substr(0, after.find(','));
}

}  // namespace gan
