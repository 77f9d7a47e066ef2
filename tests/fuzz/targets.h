#pragma once

#include <array>
#include <string_view>

namespace gan::fuzz {

/// Each runs one reader on one input. What a reader refuses, it refuses by gan::Error; whatever else leaves these
/// functions, or a sanitizer stops, is a fault.

void idx(std::string_view bytes);           ///< an IDX file, plain or gzipped
void checkpoint(std::string_view bytes);    ///< a g.pt or a checkpoint; or, without "PK" in front, the pickle in one
void config(std::string_view bytes);        ///< a --config file
void npy(std::string_view bytes);           ///< a NumPy file
void png(std::string_view bytes);           ///< a PNG picture
void command_line(std::string_view bytes);  ///< the arguments of one of the programs, one a line, program first

struct Target {
  const char* name;  ///< of its folder in tests/fuzz/seeds
  void (*run)(std::string_view bytes);
};
constexpr std::array<Target, 6> kTargets{{{"idx", idx},
                                             {"checkpoint", checkpoint},
                                             {"config", config},
                                             {"npy", npy},
                                             {"png", png},
                                             {"command_line", command_line}}};

}  // namespace gan::fuzz
