// gan-train: trains a GAN on small images.

#include <iostream>

#include "gan/cli/program.h"
#include "gan/cli/train_command.h"
#include "gan/run/session.h"

namespace {

int train(const gan::TrainCommand& command, const std::string& program) {
  if (command.print) return std::cout << *command.print, 0;
  return gan::run_session(command.session, program);
}

}  // namespace

int main(int argc, char** argv) {
  gan::run_program("gan-train", "--batch-size, --base-channels or --eval-samples",
                   [&] { return train(gan::parse_train_command(argc, argv), argv[0]); });
}
