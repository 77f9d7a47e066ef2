#include "support/test.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gan::test {

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "gan-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path mnist_tiny() {
  return fs::path(GAN_SOURCE_DIR) / "data/mnist-tiny";
}

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void spill(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

Ran run(const std::string& program, const std::vector<std::string>& arguments, const fs::path& working_folder) {
  const TemporaryFolder folder;
  const fs::path out = folder / "out", err = folder / "err";
  const fs::path file = program.find('/') == std::string::npos ? fs::path(GAN_BINARY_DIR) / program : fs::path(program);
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "r", stdin) && std::freopen(out.c_str(), "w", stdout) &&
        std::freopen(err.c_str(), "w", stderr) && ::chdir(working_folder.c_str()) == 0) {
      std::vector<char*> argv{const_cast<char*>(file.c_str())};
      for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
      argv.push_back(nullptr);
      ::execv(file.c_str(), argv.data());
    }
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), slurp(out), slurp(err)};
}

}  // namespace gan::test
