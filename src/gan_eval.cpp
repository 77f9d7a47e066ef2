// gan-eval: judges samples with a classifier and compares them with real images.

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "gan/base/file.h"
#include "gan/base/terminal.h"
#include "gan/base/text.h"
#include "gan/cli/eval_command.h"
#include "gan/cli/program.h"
#include "gan/data/image_files.h"
#include "gan/data/stacked_mnist.h"
#include "gan/device/device.h"
#include "gan/images/pixels.h"
#include "gan/images/png.h"
#include "gan/judging/classifier_training.h"
#include "gan/judging/equilibrium.h"
#include "gan/metrics/family_scores.h"
#include "gan/metrics/report.h"
#include "gan/run/folder.h"
#include "gan/run/model_file.h"
#include "gan/sampling/sampler.h"

namespace {

gan::Classifier trained_classifier(const gan::EvalCommand& command, const gan::RealImages& real) {
  const std::string name = gan::data_name(command.data);
  if (real.test_seen) {
    std::cerr << "training the classifier of " << name << "\n";
    return gan::train_own_classifier(name, real.seen);
  }
  std::cerr << "training the classifier of " << name << " for " << command.epochs << " epochs\n";
  return gan::train_classifier(name, real.seen, real.test, command.epochs);
}

gan::Classifier classifier_for(const gan::EvalCommand& command, const gan::RealImages& real) {
  if (!command.train_classifier) {
    if (std::error_code none; !std::filesystem::exists(command.classifier, none)) {
      throw gan::Error("--classifier: " + command.classifier + ": no such file",
                       "--train-classifier makes it, of 500 images or more");
    }
    const gan::Classifier classifier = gan::read_classifier(command.classifier);
    gan::with_context(command.classifier, [&] { gan::require_orientation(classifier, command.transpose); });
    return classifier;
  }
  gan::Classifier classifier = trained_classifier(command, real);
  classifier.transposed = command.transpose;
  gan::make_folder(std::filesystem::path(command.classifier).parent_path());
  gan::write_classifier(command.classifier, classifier);
  std::cerr << command.classifier << ": classifies " << gan::fixed_text(100 * classifier.accuracy, 2) + " %"
            << " of the " << (real.test_seen ? "training" : "test") << " images correctly, sha256 "
            << gan::weights_sha256(classifier.network) << '\n';
  return classifier;
}

/// What is judged.
struct Samples {
  gan::Dataset data;                         ///< with the labels that a conditional model was given
  std::optional<gan::TrainedModel> trained;  ///< that made them; none if they come from a file
};

gan::TrainedModel read_model(const gan::EvalCommand& command, c10::Device device) {
  gan::TrainedModel trained = gan::read_model(command.checkpoint, command.weights);
  const std::string& data = trained.options.data;
  if (gan::is_stacked(data) && !command.stacked_mnist) {
    throw gan::Error("--checkpoint: " + command.checkpoint + " generates stacked digits",
                     "--stacked-mnist judges them");
  }
  if (!command.stacked_mnist && !command.data.empty() && gan::data_name(data) != gan::data_name(command.data)) {
    std::cerr << "note: " << command.checkpoint << " was trained on " << data << ", and is compared with "
              << command.data << '\n';
  }
  if (!command.data.empty() && trained.options.preparation.transpose != command.transpose) {
    std::cerr << "note: " << command.checkpoint << " was trained with" << (command.transpose ? "out" : "")
              << " --transpose, and is compared with images with" << (command.transpose ? "" : "out") << " it\n";
  }
  gan::move_to(*trained.model, device);
  return trained;
}

gan::Dataset draw_samples(const gan::EvalCommand& command, const gan::Model& model) {
  const auto seeds = gan::seeds_from(command.seed, command.count);
  const gan::LatentSpace& latents = model.latents();
  return {gan::sample_seeds(model, seeds),
          latents.has("label") ? latents.part(latents.of_seeds(seeds), "label").argmax(1) : at::Tensor()};
}

/// Throws Error if the data has labels that the model has no class for.
void require_classes(const gan::EvalCommand& command, const gan::TrainedModel& trained, const gan::RealImages& real) {
  const int64_t classes = std::max(real.seen.classes(), real.test.classes());
  if (!gan::reads_labels(trained.options.model) || classes <= trained.data.classes) return;
  throw gan::Error("--data: " + command.data + " has " + gan::to_text(classes) + " classes, the model has " +
                   gan::to_text(trained.data.classes));
}

/// Converts gray samples to colour and colour to gray, as the real images are; not stacked digits, whose channels are
/// digits each.
at::Tensor read_samples(const gan::EvalCommand& command, gan::ImageShape shape) {
  const auto note = [](const std::string& text) { std::cerr << "note: " << text << '\n'; };
  std::optional<gan::Preparation> with_alpha;
  if (shape.channels == 4) with_alpha = gan::Preparation{.colors = gan::Colors::rgba};
  at::Tensor images = gan::read_images(command.samples, note, with_alpha);
  if (!command.stacked_mnist) images = gan::with_channels(images, shape.channels);
  if (images.size(0) >= gan::Judge::kFewest && images.size(0) < command.count) {
    std::cerr << "note: " << command.samples << " holds " << gan::with_commas(images.size(0)) << " samples, not "
              << gan::with_commas(command.count) << ": distances are comparable only for equal numbers of samples\n";
  }
  return images.narrow(0, 0, std::min(command.count, images.size(0)));
}

/// Prints the modes of the samples, of as many real images and of a perfect sampler.
int count_modes(const gan::EvalCommand& command, const gan::RealImages& real, const gan::Classifier& classifier,
                const at::Tensor& samples) {
  const gan::Modes found = gan::count_modes(classifier, samples);
  const auto stacked = gan::stack_digits(real.seen, samples.size(0), /*seed=*/1).images;
  const std::string sha256 = gan::weights_sha256(classifier.network);
  const gan::ModesReport report{.samples = samples.size(0),
                                .found = found,
                                .real = gan::count_modes(classifier, stacked),
                                .uniform = gan::modes_of_uniform(found.all, samples.size(0))};
  std::cout << (command.json ? gan::to_json(report, classifier, sha256) + "\n"
                             : gan::to_table(report, classifier, sha256, gan::screen_of(STDOUT_FILENO).columns));
  return 0;
}

/// Prints "judging, 1 of 3: scores of 10,000 samples"; on a narrow screen only the part before the colon.
void tell_part(const std::string& part) {
  const std::string line = "judging, " + part;
  const bool fits = static_cast<int>(line.size()) < gan::screen_of(STDERR_FILENO).columns;
  std::cerr << (fits ? line : line.substr(0, line.find(':'))) << '\n';
}

void add(const gan::FamilyScore& score, gan::Judgement& judgement) {
  judgement.scores.emplace_back(score.name, score.found);
  judgement.real.emplace_back(score.name, score.real);
}

/// Adds how D stands.
void add_equilibrium(const gan::TrainedModel& trained, const gan::Dataset& test, gan::Judgement& judgement) {
  if (gan::reads_labels(trained.options.model) && !test.labels.defined()) return;
  const gan::Loss loss = trained.options.game.loss;
  const gan::FamilyScore score = gan::d_score(*trained.model, loss, test);
  add(score, judgement);
  const auto equilibrium = gan::Equilibrium::of(loss, score.real.value, score.found.value);
  if (equilibrium) judgement.equilibrium = equilibrium->sentence();
}

/// Adds what the model's family promises, beside the same of real images.
void add_family_scores(const gan::Judge& judge, const gan::RealImages& real, const Samples& samples,
                       gan::Judgement& judgement) {
  if (!samples.trained || !gan::has_family_scores(*samples.trained->model)) return;
  if (!real.others.labels.defined() || !real.test.labels.defined()) {
    std::cerr << "note: the data has no labels, so what is specific to --model "
              << gan::to_text(samples.trained->options.model) << " is not judged\n";
    return;
  }
  for (const gan::FamilyScore& score :
       gan::family_scores(*samples.trained->model, judge, judgement, real, samples.data)) {
    add(score, judgement);
  }
}

int judge(const gan::EvalCommand& command, const gan::RealImages& real, const gan::Classifier& classifier,
          const Samples& samples) {
  const gan::Judge judge(classifier, real.test);
  gan::Judgement judgement = judge.judge(samples.data.images, real, tell_part);
  add_family_scores(judge, real, samples, judgement);
  if (samples.trained) add_equilibrium(*samples.trained, real.test, judgement);
  if (judgement.real_images < judgement.samples) {
    std::cerr << "note: there are only " << gan::with_commas(judgement.real_images)
              << " real images, fewer than samples: their distances are not comparable\n";
  }
  const std::string sha256 = gan::weights_sha256(classifier.network);
  std::cout << (command.json ? gan::to_json(judgement, classifier, sha256) + "\n"
                             : gan::to_table(judgement, classifier, sha256, gan::screen_of(STDOUT_FILENO).columns));
  if (!command.picture.empty()) {
    gan::make_folder(std::filesystem::path(command.picture).parent_path());
    gan::write_png(command.picture, gan::nearest_picture(samples.data.images, real.seen.images, judgement.nearest));
  }
  return 0;
}

/// Throws Error if a result could not be written: before the minutes that it takes to compute.
void require_places(const gan::EvalCommand& command) {
  if (!command.picture.empty()) gan::with_context("--picture", [&] { gan::require_writable(command.picture); });
  if (!command.train_classifier) return;
  gan::with_context("--classifier", [&] { gan::require_writable(command.classifier); });
  if (std::filesystem::exists(command.classifier)) {
    throw gan::Error("--train-classifier: " + command.classifier + " already exists",
                     "only values of the same classifier are comparable; --classifier names another file");
  }
}

/// Fills in what the command leaves open: the data is the model's own, the classifier the one that judged its run, or
/// that of the data.
void find_data(gan::EvalCommand& command, const Samples& samples) {
  const gan::RunFolder run(std::filesystem::path(command.checkpoint).parent_path());
  const bool own = command.data.empty() && samples.trained;
  if (command.data.empty()) command.data = "data/mnist";
  if (own) {
    const std::string data = run.data_at(samples.trained->options.data);
    command.data = gan::is_stacked(data) ? gan::digits_of_stacked(data) : data;
    command.transpose |= samples.trained->options.preparation.transpose;
    if (!gan::has_data(command.data)) {
      throw gan::Error("--data: " + command.data + ": no such folder or file, which the run was trained on",
                       "--data says where its data is now");
    }
  }
  if (!command.classifier.empty()) return;
  command.classifier = gan::classifier_path(command.data);
  std::error_code none;
  const bool other = !own && std::filesystem::exists(command.classifier, none);
  if (samples.trained && !other && !command.train_classifier && std::filesystem::exists(run.classifier(), none)) {
    command.classifier = run.classifier();
  }
}

/// As the run of a model prepared and used them.
gan::RealImages read_real_images(const gan::EvalCommand& command, const Samples& samples, gan::Labels labels) {
  const gan::Options options = samples.trained ? samples.trained->options : gan::Options();
  gan::Preparation preparation = options.preparation;
  preparation.transpose = command.transpose;
  gan::Loading loading;
  if (samples.trained) {
    loading.cache = gan::RunFolder::cache_for(std::filesystem::path(command.checkpoint).parent_path());
  }
  gan::Dataset train = gan::load_dataset(command.data, gan::Split::train, labels, preparation, loading);
  if (options.limit > 0) train = train.first(std::min(options.limit, train.size()));
  if (!gan::has_test_images(command.data)) return gan::halves(train);
  return {
      .test = gan::load_dataset(command.data, gan::Split::test, labels, preparation), .others = train, .seen = train};
}

int eval(gan::EvalCommand command) {
  if (command.print) return std::cout << *command.print, 0;
  const auto device =
      gan::set_up_device(command.device, command.threads, /*deterministic=*/true);  // a seed names a sample
  Samples samples;
  if (!command.checkpoint.empty()) samples.trained = read_model(command, device);
  find_data(command, samples);
  require_places(command);
  const bool promises = samples.trained && gan::has_family_scores(*samples.trained->model);
  const gan::Labels labels = command.train_classifier || promises ? gan::Labels::read : gan::Labels::skip;
  const gan::RealImages real = read_real_images(command, samples, labels);
  if (samples.trained) {
    require_classes(command, *samples.trained, real);
    samples.data = draw_samples(command, *samples.trained->model);
  } else if (!command.samples.empty()) {
    samples.data.images = read_samples(command, real.test.shape());
  }
  const gan::Classifier classifier = classifier_for(command, real);
  if (!samples.data.images.defined()) return 0;
  return command.stacked_mnist ? count_modes(command, real, classifier, samples.data.images)
                               : judge(command, real, classifier, samples);
}

}  // namespace

int main(int argc, char** argv) {
  gan::run_program("gan-eval", "--count", [&] { return eval(gan::parse_eval_command(argc, argv)); });
}
