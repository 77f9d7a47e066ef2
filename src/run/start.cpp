#include "gan/run/start.h"

#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/run/metrics_log.h"
#include "gan/run/model_file.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// What to tell about an options.toml that differs from the options of the run's checkpoint, which count; empty if it
/// does not. `fate` says what happens to the file.
std::string options_warning(const fs::path& path, const Options& run, const std::string& fate) {
  const std::string begin = path.string() + ": " + fate + ": the checkpoint holds the run's options; ";
  Options in_file = run;
  try {
    if (std::error_code none; !fs::exists(path, none)) return {};
    apply_config(path, in_file);
  } catch (const Error& error) {
    return begin + "the file could not be read: " + error.what();
  }
  const std::string changes = all_changes(run, only_read(in_file));
  if (changes.empty()) return {};
  return begin + "the file has " + changes + " (flags change what may change at a resume, and with --fork the rest)";
}

/// Takes the run's newest whole checkpoint, or its options if it has no checkpoint yet.
Start resume(const std::string& run, bool dry_run) {
  Start start;
  start.resumed = dry_run ? RunFolder::look_at(run) : RunFolder::open(run);
  const RunFolder& folder = *start.resumed;
  start.checkpoint = newest_checkpoint(folder);
  if (start.checkpoint) {
    start.options = start.checkpoint->options;
    const int64_t bytes = start.checkpoint->metrics_bytes();
    if (bytes > 0) require_metrics(folder.metrics(), bytes);
    start.options_warning = options_warning(folder.options(), start.options, "replaced");
  } else if (fs::exists(folder.generator())) {
    throw Error("--resume: " + run + ": its checkpoints are gone", "they were in " + folder.checkpoints().string());
  } else {
    with_context("--resume", [&] { apply_config(folder.options(), start.options); });
    start.options = only_read(start.options);
  }
  return start;
}

Start fork(const StartRequest& request) {
  Start start{.options = {}, .out = request.out, .forked = true};
  if (std::error_code none; fs::is_regular_file(request.fork, none)) {
    start.checkpoint = with_context("--fork", [&] { return as_checkpoint(request.fork); });
    start.options = start.checkpoint->options;
    return start;
  }
  const RunFolder folder = RunFolder::look_at(request.fork, "--fork");
  start.checkpoint = newest_checkpoint(folder);
  if (!start.checkpoint) throw Error("--fork: " + request.fork + ": no checkpoint of a run in this folder");
  start.options = start.checkpoint->options;
  start.options_warning = options_warning(folder.options(), start.options, "ignored");
  return start;
}

/// A run cannot end before the step that it has reached.
void require_length(const Settings& settings, const Start& start) {
  if (!start.checkpoint) return;
  const int64_t step = start.checkpoint->step(), end = total_steps(start.options, start.checkpoint->images());
  const char* flag = settings.flag("steps") ? "--steps" : settings.flag("epochs") ? "--epochs" : nullptr;
  if (flag == nullptr || end >= step) return;
  throw Error(std::string(flag) + ": expected " + to_text(step) + " steps or more, which the run has made, got " +
              to_text(end));
}

/// The settings upon the options of the run to resume or fork.
void apply(const Settings& settings, Start& start) {
  const Options run = start.options;
  start.options = resolved(run, settings);
  if (start.forked && start.options.recipe != run.recipe) {
    throw Error("--config: recipe: a fork keeps the settings of its run", "change single options");
  }
  if (start.forked) return;
  // The run has chosen its precision already.
  if (start.options.precision == Precision::automatic) start.options.precision = run.precision;
  const std::string changes = forbidden_changes(run, start.options);
  if (!changes.empty()) {
    throw Error("--resume: a run cannot change its settings: " + changes,
                "leave these out, or --fork begins a new run with this one's weights");
  }
  require_length(settings, start);
}

/// The folder where the run was started, if that decides where its data is; else empty.
fs::path folder_of_start(const RunFolder& run, const std::string& data) {
  const fs::path folder = run.start_folder();
  const bool decides = data_from(folder, data) != data && folder != fs::current_path();
  return decides ? folder : fs::path();
}

/// The run at a path, which may be a file of it.
RunFolder run_of(const fs::path& path) {
  std::error_code none;
  return RunFolder(fs::is_regular_file(path, none) ? path.parent_path() : path);
}

/// Finds the data of a run to resume or fork: a relative path is tried from the folder where the run was started, then
/// from the working folder.
void find_data(const RunFolder& run, Start& start) {
  const std::string& data = start.options.data;
  const fs::path started_in = folder_of_start(run, data);
  for (const auto& folder : {started_in, fs::path()}) {
    start.data_from = folder;
    start.data = data_from(folder, data);
    if (has_data(start.data)) return;
  }
  throw Error(
      "--data: " + data + ": no such folder or file" +
          (started_in.empty() ? "" : ", neither here nor in " + started_in.string() + ", where the run was started"),
      "--data says where the run's data is now");
}

}  // namespace

Start find_start(const StartRequest& request) {
  const bool resume_out = request.resume_if_any && RunFolder(request.out).has_run();
  const std::string& resumed = resume_out ? request.out : request.resume;
  if (resumed.empty() && request.fork.empty()) {
    Start start{.options = resolved(recipe_options(request.settings), request.settings), .out = request.out};
    start.data = start.options.data;
    return start;
  }
  Start start = resumed.empty() ? fork(request) : resume(resumed, request.dry_run);
  const std::string data = start.options.data;
  apply(request.settings, start);
  start.data = start.options.data;
  start.done = resume_out && start.checkpoint && is_done(*start.resumed, *start.checkpoint, start.options);
  const bool same_data = !request.settings.flag("data") && start.data == data;
  if (same_data && !start.done) find_data(run_of(resumed.empty() ? request.fork : resumed), start);
  return start;
}

}  // namespace gan
