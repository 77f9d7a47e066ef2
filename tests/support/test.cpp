#include "support/test.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

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

FileSizeLimit::FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
  ::getrlimit(RLIMIT_FSIZE, &before_);
  const rlimit small{bytes, before_.rlim_max};
  if (::setrlimit(RLIMIT_FSIZE, &small) != 0) throw std::runtime_error("cannot limit the size of files");
}

FileSizeLimit::~FileSizeLimit() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
  std::signal(SIGXFSZ, handler_);
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

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

double number_in(const std::string& line, const std::string& name) {
  const std::string key = "\"" + name + "\": ";
  const size_t at = line.find(key);
  return at == std::string::npos ? std::nan("") : std::strtod(line.c_str() + at + key.size(), nullptr);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void execute(const std::string& program, const std::vector<std::string>& arguments) {
  const fs::path file = program.find('/') == std::string::npos ? fs::path(GAN_BINARY_DIR) / program : fs::path(program);
  std::vector<char*> argv{const_cast<char*>(file.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(file.c_str(), argv.data());
  ::_exit(127);
}

pid_t start(const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  act();
  ::_exit(0);
}

int signal_that_ended(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

Process::Process(const std::string& program, const std::vector<std::string>& arguments,
                 const fs::path& working_folder) {
  const fs::path out = folder_ / "out", err = folder_ / "err";
  spill(err, "");
  id_ = ::fork();
  if (id_ != 0) return;
  if (std::freopen("/dev/null", "r", stdin) && std::freopen(out.c_str(), "w", stdout) &&
      std::freopen(err.c_str(), "w", stderr) && ::chdir(working_folder.c_str()) == 0) {
    execute(program, arguments);
  }
  ::_exit(127);
}

Process::~Process() {
  if (id_ < 0) return;
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

void Process::wait_for(const std::string& text) const {
  for (int i = 0; i < 6000; ++i) {
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(id_), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (slurp(folder_ / "err").find(text) != std::string::npos) return;
    if (ended.si_pid != 0) break;
    ::usleep(10'000);
  }
  ADD_FAILURE() << "never wrote '" << text << "' but:\n" << slurp(folder_ / "err");
}

void Process::signal(int number) const {
  ::kill(id_, number);
}

Ran Process::wait() {
  int status = 0;
  rusage used{};
  ::wait4(std::exchange(id_, -1), &status, 0, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          .out = slurp(folder_ / "out"),
          .err = slurp(folder_ / "err"),
          .cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime),
          .peak_bytes = int64_t{used.ru_maxrss} * 1024};
}

Ran run(const std::string& program, const std::vector<std::string>& arguments, const fs::path& working_folder) {
  return Process(program, arguments, working_folder).wait();
}

}  // namespace gan::test
