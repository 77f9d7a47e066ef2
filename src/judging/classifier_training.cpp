#include "gan/judging/classifier_training.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "gan/base/file.h"
#include "gan/base/gan_file.h"
#include "gan/base/random.h"
#include "gan/base/stop.h"
#include "gan/base/text.h"
#include "gan/data/batches.h"
#include "gan/images/pixels.h"
#include "gan/metrics/clusters.h"
#include "gan/training/average.h"
#include "gan/training/optimizer.h"

namespace gan {

namespace {

constexpr int64_t kBatch = 128, kShift = 2, kMostClasses = 256;
constexpr double kLearningRate = 2e-3, kAverage = 0.998;

enum SeedUse : uint64_t { kWeights, kOrder, kShifts };
constexpr uint64_t kSeed = 0;

/// All images shifted alike, by up to kShift pixels, with black at the edges.
at::Tensor moved(const at::Tensor& pixels, at::Generator& generator) {
  const at::Tensor by = at::randint(2 * kShift + 1, {2}, generator, at::kLong);
  const at::Tensor padded = at::constant_pad_nd(pixels, {kShift, kShift, kShift, kShift}, -1);
  return padded.narrow(2, by[0].item<int64_t>(), pixels.size(2)).narrow(3, by[1].item<int64_t>(), pixels.size(3));
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void require_classes(int64_t classes) {
  if (classes < 2 || classes > kMostClasses) {
    throw Error("expected 2 to " + to_text(kMostClasses) + " classes, got " + to_text(classes));
  }
}

void require_labels(const Dataset& data, const char* which) {
  if (!data.labels.defined()) throw Error(std::string("a classifier needs labels: the ") + which + " images have none");
}

/// A classifier without name and accuracy.
Classifier trained(const Dataset& train, int64_t steps, const TellSteps& tell = {}) {
  Classifier classifier{.images = train.shape(), .classes = train.classes()};
  require_classes(classifier.classes);
  seed_default_generators(mix_seed(kSeed, kWeights));
  classifier.network = build_classifier(classifier.images, classifier.classes);
  Average average(classifier.network, kAverage);
  Optimizer optimizer(named_parameters(classifier.network), {.learning_rate = kLearningRate, .beta1 = 0.9});
  Batches batches(train, kBatch, Sampling::epoch, mix_seed(kSeed, kOrder));
  at::Generator shifts = make_generator(mix_seed(kSeed, kShifts));
  for (int64_t step = 0; step < steps; ++step) {
    throw_if_stopped();
    const Batch batch = batches.next();
    optimizer.zero_grad();
    at::cross_entropy_loss(forward(classifier.network, moved(batch.images, shifts)), batch.labels.to(at::kLong))
        .backward();
    optimizer.step();
    average.follow();
    if (tell) tell(step + 1, steps);
  }
  average.exchange();
  return classifier;
}

/// The group of each image.
at::Tensor cluster_labels(const at::Tensor& images) {
  constexpr int64_t kSide = 16, kMostGroups = 50, kImagesInAGroup = 20, kAtOnce = 500;
  const int64_t height = std::min(kSide, images.size(2)), width = std::min(kSide, images.size(3));
  std::vector<at::Tensor> shrunk;
  for (const at::Tensor& part : images.split(kAtOnce)) {
    shrunk.push_back(at::adaptive_avg_pool2d(to_pixels(part), {height, width}).flatten(1));
  }
  const at::Tensor rows = at::cat(shrunk);
  const int64_t groups = std::min(kMostGroups, images.size(0) / kImagesInAGroup);
  return nearest_centre(rows, k_means(rows, groups)).to(at::kByte);
}

}  // namespace

Classifier train_classifier(const std::string& name, const Dataset& train, const Dataset& test, int64_t epochs) {
  require_labels(train, "training");
  require_labels(test, "test");
  if (test.shape() != train.shape()) {
    throw Error("the training images are of " + to_text(train.shape()) + ", the test images of " +
                to_text(test.shape()));
  }
  if (train.size() < kBatch) {
    throw Error("a classifier needs at least " + to_text(kBatch) + " training images, got " + to_text(train.size()));
  }
  Classifier classifier = trained(train, epochs * (train.size() / kBatch));
  classifier.name = name;
  classifier.accuracy = accuracy(extract_features(classifier, test.images), test.labels);
  return classifier;
}

void require_images_to_judge_by(const Dataset& train) {
  constexpr int64_t kFewest = 500;
  if (train.size() >= kFewest) return;
  throw Error("that takes " + to_text(kFewest) + " images or more, got " + to_text(train.size()));
}

Classifier train_own_classifier(const std::string& name, const Dataset& train, const TellSteps& tell) {
  constexpr int64_t kMostImages = 20'000, kMostSteps = 600, kMostEpochs = 20;
  require_images_to_judge_by(train);
  Dataset some = train.any(std::min(train.size(), kMostImages));
  const bool labelled = some.labels.defined();
  if (!labelled) some.labels = cluster_labels(some.images);
  Classifier classifier = trained(some, std::min(kMostSteps, kMostEpochs * (some.size() / kBatch)), tell);
  classifier.name = name + (labelled ? "" : kOfClusters);
  classifier.accuracy = accuracy(extract_features(classifier, some.images), some.labels);
  return classifier;
}

void require_orientation(const Classifier& classifier, bool transpose) {
  if (classifier.transposed == transpose) return;
  if (transpose) {
    throw Error("was trained without --transpose",
                "leave --transpose out, or remove the file and run gan-eval --train-classifier --transpose");
  }
  throw Error("was trained with --transpose",
              "add --transpose, or remove the file and run gan-eval --train-classifier");
}

std::filesystem::path classifier_path(const std::filesystem::path& data) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(data, none)) return data / "classifier.pt";
  return data.parent_path() / (data.stem().string() + "-classifier.pt");
}

std::string data_name(const std::filesystem::path& data) {
  const auto path = data.lexically_normal();
  const auto last = (path.has_filename() ? path : path.parent_path()).filename();
  std::error_code none;
  std::string name = (std::filesystem::is_regular_file(data, none) ? last.stem() : last).string();
  for (char& c : name) {
    if (std::isupper(static_cast<unsigned char>(c))) c = static_cast<char>(c - 'A' + 'a');
    if (!is_plain(c)) c = '_';
  }
  return name.empty() ? "data" : name;
}

void write_classifier(const std::filesystem::path& path, const Classifier& classifier) {
  Dict file{{{"name", classifier.name},
             {"image_shape", image_shape_to_dict(classifier.images)},
             {"classes", classifier.classes},
             {"accuracy", classifier.accuracy},
             {"sha256", weights_sha256(classifier.network)},
             {"weights", state_dict(classifier.network)}}};
  if (classifier.transposed) file.set("transposed", true);
  write_new_file(path, pack_gan_file(GanFile::classifier, file));
}

Classifier read_classifier(const std::filesystem::path& path) {
  const Dict file = read_gan_file(path, GanFile::classifier);
  return with_context(path.string(), [&] {
    Classifier classifier{.name = file.get<std::string>("name"),
                          .images = image_shape_from_dict(file.get<Dict>("image_shape")),
                          .transposed = file.contains("transposed") && file.get<bool>("transposed"),
                          .classes = file.get<int64_t>("classes"),
                          .accuracy = file.get<double>("accuracy")};
    if (classifier.name.empty() || !std::ranges::all_of(classifier.name, is_plain)) {
      throw Error("'" + classifier.name + "' is not the name of a data set");
    }
    require_classes(classifier.classes);
    const at::Tensor noise = generator_state(default_generator(at::kCPU));
    classifier.network = build_classifier(classifier.images, classifier.classes);
    set_generator_state(default_generator(at::kCPU), noise);  // reading a classifier must not change what a run draws
    load_state_dict(classifier.network, file.get<Dict>("weights"));
    for (const auto& parameter : parameters(classifier.network)) {
      if (!at::isfinite(parameter).all().item<bool>()) throw Error("its weights are not finite");
    }
    return classifier;
  });
}

}  // namespace gan
