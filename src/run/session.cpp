#include "gan/run/session.h"

#include <algorithm>
#include <iostream>

#include "gan/base/clock.h"
#include "gan/base/file.h"
#include "gan/base/stop.h"
#include "gan/base/text.h"
#include "gan/device/device.h"
#include "gan/dist/world.h"
#include "gan/images/png.h"
#include "gan/judging/classifier_training.h"
#include "gan/run/bench.h"
#include "gan/run/followers.h"
#include "gan/run/grids.h"
#include "gan/run/messages.h"
#include "gan/run/run_report.h"
#include "gan/run/verify_resume.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

bool leaves_a_run(const SessionRequest& request) {
  return !request.start.dry_run && !request.bench && request.verify_steps == 0;
}

/// Writes a line such as "reading pictures: 1,000 of 2,000" every two seconds.
std::function<void(int64_t done, int64_t all)> telling(const std::string& what) {
  return [what, told = clock_seconds()](int64_t done, int64_t all) mutable {
    constexpr double kSeconds = 2;
    if (clock_seconds() - told < kSeconds) return;
    told = clock_seconds();
    std::cerr << what << with_commas(done) << " of " << with_commas(all) << '\n';
  };
}

/// The folder for pictures as they were prepared; empty: none.
fs::path cache_of(const SessionRequest& request, const Start& start) {
  if (request.cache == "none") return {};
  if (!request.cache.empty() || !leaves_a_run(request)) return request.cache;
  return RunFolder::cache_for(start.resumed ? start.resumed->path() : start.out);
}

/// What a folder of pictures may be read with. Notes what was found there. Tells it on stderr, and how far a long
/// reading is.
Loading loading_of(const SessionRequest& request, const Start& start, std::vector<std::string>& notes) {
  Loading loading{
      .cache = cache_of(request, start),
      .cache_all = !request.cache.empty() && request.cache != "none",
      .check = [&](const DataShape& data, int64_t count) { validate(start.options, data, count); },
  };
  loading.note = [&](const std::string& note) {
    notes.push_back(note);
    if (!request.quiet) std::cerr << note << '\n';
  };
  if (!request.quiet) loading.tell = telling("reading pictures: ");
  return loading;
}

int verify(const Options& options, const Dataset& data, int64_t steps) {
  catch_stop_signals();  // so that its temporary folder is removed
  const ResumeCheck check = verify_resume(options, data, steps);
  std::cout << check.report << (check.same ? "resumed" : "NOT resumed") << " exactly at step " << steps / 2 << " of "
            << steps << '\n';
  return check.same ? 0 : 1;
}

int time_parts(const Options& options, const Dataset& data) {
  catch_stop_signals();  // so that its temporary folder is removed
  std::cerr << "timing steps for about fifteen seconds\n";
  std::cout << bench(options, data);
  return stop_signal() ? 128 + stop_signal() : 0;
}

/// What the networks may take: no more than the checkpoint holds, if the run has its networks. A run that differs gets
/// as far as the message that says in what.
Budget budget_of(const Start& start, ImageShape images) {
  if (!start.checkpoint) return Budget::of_run();
  const Checkpoint& checkpoint = *start.checkpoint;
  const bool same = images == checkpoint.image_shape() && network_changes(checkpoint.options, start.options).empty();
  return same ? checkpoint.budget() : Budget::of_run();
}

/// What judges the samples of a run.
struct RunJudge {
  std::optional<Evaluator> evaluator;
  std::optional<Classifier> own;  ///< if it was trained for this run now
  std::string why_none;           ///< why there is no evaluator, if one was wanted
};

/// The real images to judge by: test images where the data has any.
std::function<Dataset()> real_of(const Start& start, const Dataset& data) {
  return [data, path = start.data, preparation = start.options.preparation] {
    if (!has_test_images(path)) return halves(data).test;
    return load_dataset(path, Split::test, Labels::skip, preparation);
  };
}

/// What judges by the classifier in the run's folder, if there is one.
std::optional<Evaluator> evaluator_in(const Start& start, const Dataset& data) {
  std::error_code none;
  if (!start.resumed || !fs::exists(start.resumed->classifier(), none)) return std::nullopt;
  const Classifier classifier = read_classifier(start.resumed->classifier());
  if (classifier.images != data.shape()) {
    throw Error(start.resumed->classifier().string() + ": takes images of " + to_text(classifier.images) +
                    ", the data has " + to_text(data.shape()),
                "without the file the run trains it again");
  }
  return Evaluator::by(classifier, real_of(start, data));
}

/// By the run's own classifier, or that of the data, or a new one.
RunJudge judge_of(const SessionRequest& request, const Start& start, const Dataset& data) {
  if (start.options.eval_every.count == 0) return {};
  if (auto evaluator = evaluator_in(start, data)) return {evaluator, {}, {}};
  if (auto evaluator = Evaluator::of(start.data, data.shape(), start.options.preparation)) return {evaluator, {}, {}};
  try {
    require_images_to_judge_by(data);
    if (request.start.dry_run) return {};
    if (!request.quiet) std::cerr << "training a classifier of these images, to judge samples by\n";
    Classifier own = train_own_classifier(data_name(start.data), data,
                                          request.quiet ? TellSteps() : telling("training the classifier: step "));
    own.transposed = start.options.preparation.transpose;
    return {Evaluator::by(own, real_of(start, data)), own, {}};
  } catch (const Error& error) {
    return {{}, {}, error.what()};
  }
}

void load_checkpoint(const Start& start, Trainer& trainer) {
  if (!start.checkpoint) return;
  const Dict& checkpoint = start.checkpoint->content;
  const std::string data_found = start.data_from.empty() ? "" : " with " + start.data;
  with_context(start.checkpoint->path.string() + data_found,
               [&] { start.resumed ? trainer.load(checkpoint) : trainer.load_weights(checkpoint); });
}

/// Whether the file is there and gives these options.
bool has_options(const fs::path& file, const Options& options) {
  std::error_code none;
  if (!fs::exists(file, none)) return false;
  Options in_file;
  apply_config(file, in_file);
  return to_toml(in_file) == to_toml(options);
}

/// The run's folder, locked, with what a resume needs before the next checkpoint.
RunFolder prepared_folder(const Start& start, const std::optional<Classifier>& classifier, Trainer& trainer) {
  const Options& options = start.options;
  const RunFolder folder = start.resumed ? *start.resumed : RunFolder::create(start.out, options.recipe);
  if (start.resumed && start.checkpoint) rename_damaged(start.checkpoint->damaged);
  const bool new_options = start.checkpoint && to_toml(options) != to_toml(start.checkpoint->options);
  if (new_options || start.forked) trainer.save_start(folder);
  if (!start.options_warning.empty() || !has_options(folder.options(), options)) {
    write_file(folder.options(), to_toml(options));
  }
  if (std::error_code none; classifier && !fs::exists(folder.classifier(), none)) {
    write_classifier(folder.classifier(), *classifier);
  }
  const fs::path data_from = start.data_from.empty() ? fs::current_path() : start.data_from;
  write_file(folder.started_in(), data_from.string() + "\n");
  return folder;
}

/// `notes` are on the screen already.
int train(const Start& start, const std::vector<std::string>& notes, const RunJudge& judge, Trainer& trainer,
          bool quiet, const std::string& program) {
  const RunFolder folder = prepared_folder(start, judge.own, trainer);
  Progress progress(folder.log(), quiet);
  for (const std::string& note : notes) progress.record(note);
  tell_start(start, trainer, folder, judge.why_none, progress);
  catch_stop_signals();
  const RunEnd end = trainer.run(folder, progress);
  progress.wipe();
  if (!trainer.saved()) throw std::runtime_error("the last checkpoint could not be written; see the warning above");
  if (end == RunEnd::stopped) tell_stop(trainer, folder, program, progress);
  std::cout << results(trainer, folder);
  return end == RunEnd::finished ? 0 : 128 + trainer.signal();
}

/// The options of the command line, a line each.
std::string asked(const SessionRequest& request) {
  std::string text;
  const auto add = [&](const std::string& flag, const std::string& value) {
    if (!value.empty()) text += "--" + flag + " " + value + "\n";
  };
  const StartRequest& start = request.start;
  for (const Setting& setting : start.settings.flags) add(setting.flag, setting.text);
  add("out", start.out), add("resume", start.resume_if_any ? "auto" : start.resume), add("fork", start.fork);
  return text;
}

/// The lines that the other text lacks, as a command line has them.
std::string only_in(const std::string& text, const std::string& other) {
  const auto theirs = split(other, '\n');
  std::string lines;
  for (const std::string_view line : split(text, '\n')) {
    if (std::ranges::find(theirs, line) == theirs.end()) lines += (lines.empty() ? "" : " ") + std::string(line);
  }
  return lines.empty() ? "none" : lines;
}

/// Throws Error unless so many processes can share a batch.
void require_rows(const Options& options, int64_t processes) {
  if (processes == 1) return;
  if (options.batch_size % processes != 0) {
    throw Error("--batch-size: expected a multiple of " + to_text(processes) + ", as many processes share it, got " +
                to_text(options.batch_size));
  }
  constexpr int64_t kFewest = 2;  // a statistic of one row says nothing
  if (const int64_t rows = options.batch_size / processes; rows < kFewest && !options.sync_batch_norm) {
    throw Error("--batch-size: expected " + to_text(kFewest * processes) + " or more for " + to_text(processes) +
                    " processes, got " + to_text(options.batch_size),
                "--sync-batch-norm takes fewer");
  }
}

/// Throws Error, in rank 0, unless all ranks ask for the same. True if they do.
bool agree(const Group& group, const SessionRequest& request) {
  const std::vector<std::string> all = group.gather(asked(request));
  for (size_t rank = 0; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) continue;
    if (!group.leads()) return false;
    throw Error(rank_name(static_cast<int64_t>(rank), group.size()) + ": other options than rank 0's: " +
                only_in(all[rank], all[0]) + " instead of " + only_in(all[0], all[rank]));
  }
  if (group.alone() || (!request.bench && request.verify_steps == 0)) return true;
  if (!group.leads()) return false;
  throw Error(std::string(request.bench ? "--bench" : "--verify-resume") + ": for one process, not for " +
                  to_text(group.size()),
              "--no-dist leaves each to itself");
}

/// What rank 0 does, which may be alone.
int run_leading(const SessionRequest& request, const std::string& program, const Group& group, Followers& followers) {
  Start start = find_start(request.start);
  if (start.done) {
    std::cout << "run        " << start.resumed->path().string() << "\ndone       at step " << start.checkpoint->step()
              << '\n';
    return 0;
  }
  Options& options = start.options;
  require_rows(options, group.size());
  const bool dry_run = request.start.dry_run;
  if (!start.resumed && leaves_a_run(request)) RunFolder::require_place(start.out);
  if (!request.cache.empty() && request.cache != "none") {
    with_context("--cache", [&] { require_writable(fs::path(request.cache) / "images.npy"); });
  }
  if (!request.preview.empty()) with_context("--preview", [&] { require_writable(request.preview); });
  set_up_device(options.device, options.threads, options.deterministic);
  keep_freed_memory();
  const Labels labels = reads_labels(options.model) ? Labels::read : Labels::skip;
  std::vector<std::string> notes;
  const Dataset data = used_part(
      options, load_dataset(start.data, Split::train, labels, options.preparation, loading_of(request, start, notes)));
  if (!request.preview.empty()) {
    make_folder(fs::path(request.preview).parent_path());
    write_png(request.preview, make_grid(real_grid(data, options.grid)));
  }
  if (options.precision == Precision::automatic) {
    options.precision = quicker_precision(options, data);
    std::cerr << "precision: " << to_text(options.precision) << ", the faster here and now\n";
  }
  if (request.bench) return time_parts(options, data);
  if (request.verify_steps > 0) return verify(options, data, request.verify_steps);
  validate(options, data.data_shape(), data.size());
  const RunJudge judge = judge_of(request, start, data);
  const InWorld in_world({group, options.batch_size, options.sync_batch_norm});
  Trainer trainer(options, data, budget_of(start, data.shape()));
  trainer.judge_by(judge.evaluator);
  std::error_code none;
  const bool had_none = start.resumed && start.checkpoint && !fs::exists(start.resumed->report(), none);
  if (!request.no_report && !had_none) trainer.write_reports();
  const bool has_events = start.resumed && fs::exists(start.resumed->events(), none);
  if (request.tensorboard || has_events) trainer.write_events();
  load_checkpoint(start, trainer);
  if (dry_run && !judge.why_none.empty()) std::cerr << "note: samples will not be judged: " << judge.why_none << '\n';
  if (dry_run) return std::cout << trainer.summary() << '\n' << to_toml(options), 0;
  if (!group.alone()) trainer.lead(followers, start.data, cache_of(request, start));
  return train(start, notes, judge, trainer, request.quiet, program);
}

/// Leads the other ranks, and ends with them.
int lead(const SessionRequest& request, const std::string& program, const Group& group) {
  Followers followers(group);
  const auto end = [&](int code) {
    try {
      followers.end(code);
    } catch (const LostRank&) {  // it ended before
    }
  };
  try {
    const int code = run_leading(request, program, group, followers);
    followers.end(code);
    return code;
  } catch (const LostRank&) {
    throw;
  } catch (const Error&) {
    end(2);
    throw;
  } catch (const std::exception&) {
    end(1);
    throw;
  }
}

int report_on(const std::string& run) {
  const RunFolder folder = RunFolder::look_at(run, "--report");
  write_run_report(folder);
  std::cout << folder.report().string() << '\n';
  return 0;
}

}  // namespace

int run_session(const SessionRequest& request, const std::string& program) {
  if (!request.report.empty()) return report_on(request.report);
  const auto launch = request.no_dist ? std::nullopt : find_launch();
  constexpr int kRefused = 2;
  try {
    const Group group = launch ? Group(*launch) : Group();
    if (!agree(group, request)) return kRefused;
    return group.leads() ? lead(request, program, group) : follow(group);
  } catch (const SaidByRankZero&) {
    return kRefused;
  }
}

}  // namespace gan
