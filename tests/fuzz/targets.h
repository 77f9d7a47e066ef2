#pragma once

#include <array>
#include <string_view>

namespace gan::fuzz {

/// Each runs one reader on one input. What a reader refuses, it refuses by gan::Error; whatever else leaves these
/// functions, or a sanitizer stops, is a fault.

void idx(std::string_view bytes);           ///< an IDX file, plain or gzipped
void checkpoint(std::string_view bytes);    ///< a g.pt or a checkpoint; or, without "PK" in front, the pickle in one
void config(std::string_view bytes);        ///< a --config file
void command_line(std::string_view bytes);  ///< the arguments of gan-train or gan-sample, one a line, program first

struct Target {
  const char* name;  ///< of its folder in tests/fuzz/seeds
  void (*run)(std::string_view bytes);
};
constexpr std::array<Target, 4> kTargets{
    {{"idx", idx}, {"checkpoint", checkpoint}, {"config", config}, {"command_line", command_line}}};

}  // namespace gan::fuzz
