#include "gan/cli/eval_command.h"

#include <filesystem>

#include "app.h"
#include "gan/base/text.h"
#include "gan/data/stacked_mnist.h"
#include "gan/judging/classifier_training.h"
#include "gan/metrics/judge.h"
#include "help.h"

namespace gan {

namespace {

const Help kHelp{.examples = {{"gan-eval runs/00000-dcgan", "Judge that run's generator against its data"},
                              {"gan-eval --samples samples.npy --picture nearest.png",
                               "Judge images, and show each beside its nearest training image"},
                              {"gan-eval --data DIR --train-classifier", "Train the classifier for your own images"}},
                 .common = {}};
constexpr int64_t kSamples = 10'000, kMostSamples = 100'000;

void require_png(const std::string& picture) {
  if (picture == "-") throw Error("--picture -: the picture is not written to the standard output", "name a file");
  const auto format = with_context("--picture", [&] { return format_of_name(picture); });
  if (format && *format != SampleFormat::grid)
    throw Error("--picture " + picture + ": it will be a PNG", "name it .png");
}

void add_flags(CLI::App& app, EvalCommand& command) {
  const auto path = [&](const char* flag, const char* group, const char* type, const char* help, std::string& field) {
    return app.add_option(flag, field, help)->group(group)->type_name(type);
  };
  path("--checkpoint,checkpoint", "Samples", "PATH",
       "Draw samples from a run's g.pt, or the one in its folder; the flag may be left out", command.checkpoint);
  path("--samples", "Samples", "PATH", "Or read them: an IDX or .npy file, or a folder of pictures", command.samples);
  add_field(app, "count", "Samples", "Number of samples; by default 10,000, or 26,000 for stacked MNIST", command.count,
            "");
  add_field(app, "seed", "Samples", "Seed of the first sample; each further sample has the next seed", command.seed,
            to_text(command.seed));
  add_field(app, "weights", "Samples", "Moving average of the weights, or the last weights", command.weights,
            to_text(command.weights));
  path("--data", "Judge", "PATH", "Real images, as for gan-train; by default those of the run, or data/mnist",
       command.data);
  app.add_flag("--transpose", command.transpose, "Swap rows and columns of its images: for EMNIST's files")
      ->group("Judge");
  path("--classifier", "Judge", "FILE",
       "Classifier to judge with; by default classifier.pt in that folder, or in the run's", command.classifier);
  app.add_flag("--stacked-mnist", command.stacked_mnist, "Count the modes of stacked digits, of 1000")->group("Judge");
  app.add_flag("--train-classifier", command.train_classifier, "Train that classifier first; no samples needed")
      ->group("Judge");
  add_field(app, "epochs", "Judge", "Epochs to train it", command.epochs, to_text(command.epochs));
  app.add_flag("--json", command.json, "Print the results as JSON")->group("Output");
  path("--picture", "Output", "FILE", "Write a PNG of samples, each beside its nearest training image",
       command.picture);
  add_field(app, "device", "Machine", "auto, cpu, cuda or cuda:N", command.device, command.device);
  add_field(app, "threads", "Machine", "CPU threads; 0: as many as there are CPUs", command.threads,
            to_text(command.threads));
}

/// Throws Error unless there is exactly one source of samples, or none and a classifier to train.
void require_samples(const EvalCommand& command) {
  const bool samples = !command.checkpoint.empty() || !command.samples.empty();
  if (!samples && !command.train_classifier) {
    throw Error("--checkpoint or --samples: expected samples to judge, got nothing",
                "gan-eval runs/00000-dcgan judges that run's generator; --help lists the flags");
  }
  if (!command.checkpoint.empty() && !command.samples.empty()) {
    throw Error("--samples: expected either samples or a --checkpoint to draw them from, got both");
  }
}

/// Throws Error for values out of range and for data that is not a folder of real images.
void require_valid(const EvalCommand& command) {
  if (command.stacked_mnist && !command.picture.empty()) {
    throw Error("--picture: shows neighbours, which --stacked-mnist does not compute");
  }
  require_range("--count", command.count, Judge::kFewest, kMostSamples);
  require_range("--seed", command.seed, 0, int64_t{1} << 62);
  require_range("--epochs", command.epochs, 1, 1000);
  require_range("--threads", command.threads, 0, 1024);
  if (is_stacked(command.data)) {
    throw Error("--data: expected a folder, got " + command.data,
                "--stacked-mnist --data " + digits_of_stacked(command.data) + " judges stacked digits");
  }
}

}  // namespace

EvalCommand parse_eval_command(int argc, const char* const* argv) {
  EvalCommand command;
  CLI::App app{"Judges samples with a classifier and compares them with real images.", "gan-eval"};
  add_help(app, kHelp);
  add_flags(app, command);
  const std::string text = parse(app, argc, argv);
  if (!text.empty()) return {.print = text};

  for (const auto& [flag, path] : {std::pair{"--checkpoint", command.checkpoint},
                                   {"--samples", command.samples},
                                   {"--data", command.data},
                                   {"--classifier", command.classifier},
                                   {"--picture", command.picture}}) {
    require_path(flag, path);
  }
  require_samples(command);
  if (!command.checkpoint.empty()) command.checkpoint = generator_at(command.checkpoint);
  if (!command.picture.empty()) require_png(command.picture);
  if (command.count == 0) command.count = command.stacked_mnist ? kStackedSamples : kSamples;
  require_valid(command);
  return command;
}

}  // namespace gan
