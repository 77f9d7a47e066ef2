#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace gan {

/// How a launcher started this process beside others.
struct Launch {
  std::string launcher;     ///< "torchrun", "srun"
  int64_t rank = 0;         ///< from 0 to size - 1
  int64_t size = 1;         ///< processes in all
  int64_t local_rank = 0;   ///< among those on this machine: its GPU
  std::string address;      ///< of rank 0's machine
  uint16_t port = 0;        ///< there
  bool has_server = false;  ///< the launcher listens there itself; else rank 0 does
  int64_t patience = 45;    ///< seconds in which all ranks must come
  int64_t silence = 10;     ///< seconds between two looks for a sign of life: a rank without one counts as gone
};

/// A variable of the environment; none if it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// What the environment says: torchrun's RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and
/// TORCHELASTIC_USE_AGENT_STORE, or those of a step of Slurm, SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID and
/// SLURM_STEP_NODELIST; there MASTER_ADDR and MASTER_PORT come first, and the port follows from SLURM_JOB_ID and
/// SLURM_STEP_ID otherwise. None if no launcher started this process, or it alone. Throws Error for variables that are
/// missing or make no sense.
std::optional<Launch> find_launch(const Environment& environment);
std::optional<Launch> find_launch();  ///< of this process

/// The first host of Slurm's list: "gpu-03" of "gpu-[03-05,9],login". Throws Error.
std::string first_host(const std::string& list);

}  // namespace gan
