#include "gan/run/followers.h"

#include "gan/base/archive.h"
#include "gan/base/error.h"
#include "gan/base/stop.h"
#include "gan/base/text.h"
#include "gan/data/dataset.h"
#include "gan/device/device.h"
#include "gan/dist/world.h"
#include "gan/run/trainer.h"

namespace gan {

namespace {

// A word is a dictionary with one of these keys.
constexpr const char* kBegin = "begin";  // an assignment
constexpr const char* kGoOn = "go on";
constexpr const char* kGoBack = "go back";  // to a state
constexpr const char* kEnd = "end";         // with an exit code

void send(const Group& group, const char* word, const Value& value) {
  group.broadcast(pack_archive(Dict{{{word, value}}}));
}

Dict received(const Group& group) {
  return unpack_archive(group.broadcast(std::string()));
}

Dict to_dict(const Assignment& assignment) {
  return {{{"options", to_dict(assignment.options)},
           {"data", assignment.data},
           {"cache", assignment.cache},
           {"data_crc", int64_t{assignment.data_crc}},
           {"device", assignment.device},
           {"training", assignment.training}}};
}

Assignment assignment_from(const Dict& dict) {
  return {.options = options_from_dict(dict.get<Dict>("options")),
          .data = dict.get<std::string>("data"),
          .cache = dict.get<std::string>("cache"),
          .data_crc = static_cast<uint32_t>(dict.get<int64_t>("data_crc")),
          .device = dict.get<std::string>("device"),
          .training = dict.get<Dict>("training")};
}

/// The data of the run, as this rank finds it. Throws Error unless it is rank 0's.
Dataset same_data(const Assignment& run) {
  const Labels labels = reads_labels(run.options.model) ? Labels::read : Labels::skip;
  Loading loading;
  loading.cache = run.cache;
  Dataset data = used_part(run.options, load_dataset(run.data, Split::train, labels, run.options.preparation, loading));
  if (data.crc32() != run.data_crc) throw Error("--data: " + run.data + " holds other images than rank 0's");
  return data;
}

/// Where the run is on a GPU, each rank of a machine has one of its own.
std::string own_device(const std::string& device, const Group& group) {
  const bool any = device == "auto" || device == "cuda";
  if (!any || !find_device(device).is_cuda()) return device;
  const bool one = at::getNumGPUs() == 1;  // a cluster may let each process see its own alone
  return "cuda:" + to_text(one ? 0 : group.local_rank());
}

}  // namespace

bool ranks_meet(const Training& training, int64_t images) {
  const Options& options = training.options();
  for (const Every& every :
       {options.log_every, options.sample_every, options.eval_every, options.checkpoint_every, options.keep_every}) {
    if (every.due(training.step(), steps_per_epoch(options, images))) return true;
  }
  const Notice told = training.told();
  return is_over(options, images, training.step(), told.seconds) || told.signal != 0 || !training.losses_are_finite();
}

void Followers::assign(const Assignment& assignment) {
  if (group_.alone()) return;
  send(group_, kBegin, to_dict(assignment));
  const std::vector<std::string> faults = group_.gather({});
  for (size_t rank = 0; rank < faults.size(); ++rank) {
    if (faults[rank].empty()) continue;
    waiting_ = false;  // they have all seen that, and ended
    throw Error(rank_name(static_cast<int64_t>(rank), group_.size()) + ": " + faults[rank]);
  }
}

void Followers::let_step() {
  if (!waiting_ || group_.alone()) return;
  send(group_, kGoOn, true);
  waiting_ = false;
}

void Followers::go_back(const Dict& training, int64_t n) {
  if (!group_.alone()) send(group_, kGoBack, Dict{{{"training", training}, {"noise", n}}});
}

void Followers::end(int code) {
  if (!waiting_ || group_.alone()) return;
  send(group_, kEnd, int64_t{code});
  waiting_ = false;
}

int follow(const Group& group) {
  Dict word = received(group);
  if (word.contains(kEnd)) return static_cast<int>(word.get<int64_t>(kEnd));
  Assignment run = assignment_from(word.get<Dict>(kBegin));
  std::string fault;
  Dataset data;
  std::unique_ptr<InWorld> in_world;
  std::unique_ptr<Training> training;
  try {
    run.options.device = own_device(run.options.device, group);
    set_up_device(run.options.device, run.options.threads, run.options.deterministic);
    keep_freed_memory();
    data = same_data(run);
    in_world = std::make_unique<InWorld>(World{group, run.options.batch_size, run.options.sync_batch_norm});
    training = std::make_unique<Training>(run.options, data, Budget::of_run());
    training->load(run.training);
    if (at::Device(training->device().type()).str() != run.device)
      throw Error("a device of another kind than rank 0's");
  } catch (const std::exception& error) {
    fault = message_of(error);
  }
  catch_stop_signals();
  for (const std::string& one : group.gather(fault)) {
    if (!one.empty()) return 2;  // rank 0 says why
  }
  for (;;) {
    word = received(group);
    if (word.contains(kEnd)) return static_cast<int>(word.get<int64_t>(kEnd));
    if (word.contains(kGoBack)) {
      const Dict& back = word.get<Dict>(kGoBack);
      training->load(back.get<Dict>("training"));
      training->change_noise(back.get<int64_t>("noise"));
      continue;
    }
    do {
      training->tell({.signal = stop_signal()});
      training->take_step();
    } while (!ranks_meet(*training, data.size()));
  }
}

}  // namespace gan
