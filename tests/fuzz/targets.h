#pragma once

#include <array>
#include <string_view>

namespace gan::fuzz {

// Each target runs one reader on one input. A reader may throw gan::Error; any other exception, crash or sanitizer
// report is a bug.

void idx(std::string_view bytes);  ///< an IDX file, plain or gzipped
void checkpoint(
    std::string_view bytes);  ///< a g.pt or a checkpoint, or the pickle inside one if it does not begin with "PK"
void config(std::string_view bytes);        ///< a --config file
void npy(std::string_view bytes);           ///< a NumPy file
void png(std::string_view bytes);           ///< a PNG picture
void picture(std::string_view bytes);       ///< a JPEG, PNG or BMP picture
void file_set(std::string_view bytes);      ///< a zip archive, or a tar archive if it does not begin with "PK"
void command_line(std::string_view bytes);  ///< the name of a program and its arguments, one a line

struct Target {
  const char* name;  ///< also of its folder in tests/fuzz/seeds
  void (*run)(std::string_view bytes);
};
constexpr std::array<Target, 8> kTargets{{{"idx", idx},
                                          {"checkpoint", checkpoint},
                                          {"config", config},
                                          {"npy", npy},
                                          {"png", png},
                                          {"picture", picture},
                                          {"file_set", file_set},
                                          {"command_line", command_line}}};

}  // namespace gan::fuzz
