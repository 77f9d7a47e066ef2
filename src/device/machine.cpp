#include "gan/device/machine.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include <algorithm>
#include <fstream>

#include "gan/base/text.h"
#include "gan/base/version.h"
#include "gan/device/device.h"
#include "gan/dist/world.h"

namespace gan {

namespace {

constexpr const char* kProcesses = "processes";

/// "AMD EPYC 7B13": as the kernel names it; "unknown" where it does not.
std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t value = line.find(": ");
    if (line.starts_with("model name") && value != std::string::npos) return line.substr(value + 2);
  }
  return "unknown";
}

}  // namespace

Dict machine(c10::Device device) {
  Dict dict{{{"gan", gan_version()},
             {"libtorch", libtorch_version()},
             {"instruction_set", at::get_cpu_capability()},
             {"processor", processor()},
             {"device", device.is_cpu() ? std::string("CPU") : device_text(device)}}};
  if (device.is_cpu()) dict.set("threads", to_text(int64_t{at::get_num_threads()}));
  dict.set(kProcesses, to_text(world().group.size()));
  return dict;
}

std::string machine_text(c10::Device device) {
  std::string text;
  for (const auto& [name, value] : machine(device).items) {
    std::string word = name;
    std::ranges::replace(word, '_', ' ');
    text += (text.empty() ? "" : ", ") + word + " " + std::get<std::string>(value);
  }
  return text;
}

std::string machine_changes(const Dict& before, const Dict& now) {
  std::string changes;
  for (const auto& [name, value] : now.items) {
    const auto& is = std::get<std::string>(value);
    const std::string was = before.contains(name) ? before.get<std::string>(name)
                            : name == kProcesses  ? "1"  // older runs had no others
                                                  : "unknown";
    if (was != is) changes += (changes.empty() ? "" : ", ") + name + ": " + was + " -> " + is;
  }
  return changes;
}

}  // namespace gan
