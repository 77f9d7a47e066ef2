#pragma once

#include <cstdint>
#include <string>

namespace gan {

/// Weights that may still be made. Each layer pays for its weights before it takes memory, so a file or a command line
/// that asks for enormous networks is refused at once.
class Budget {
 public:
  static Budget of_run();  ///< of a new run: 250,000,000
  /// Of networks that are read from a file that holds so many numbers; errors name the file unless it is "".
  static Budget of_file(int64_t numbers, const std::string& path = "");

  /// Throws Error if more than what is left; then nothing is paid.
  void pay(int64_t weights);

 private:
  Budget(int64_t weights, std::string refusal, std::string hint);

  int64_t left_;
  std::string refusal_, hint_;
};

}  // namespace gan
