#include "gan/metrics/report.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "gan/base/json.h"
#include "gan/base/text.h"
#include "gan/images/grid.h"
#include "gan/metrics/classes.h"

namespace gan {

namespace {

std::string digits(double value) {
  return fixed_text(value, std::abs(value) < 10 ? 4 : 2);
}

std::string estimate_text(const Estimate& estimate) {
  return digits(estimate.value) + (estimate.error > 0 ? " +/- " + digits(estimate.error) : "");
}

std::string head(int64_t samples, const Classifier& classifier, const std::string& sha256, int columns) {
  const auto room = static_cast<size_t>(columns) - 1;
  const bool groups = classifier.name.ends_with(kOfClusters);
  return wrapped(with_commas(samples) + " samples, judged by the classifier of " + classifier.name + " (" +
                     (groups ? to_text(classifier.classes) + " groups of like images, told apart: " : "accuracy ") +
                     fixed_text(100 * classifier.accuracy, 2) + " %)",
                 0, 0, room) +
         "\n" + wrapped("sha256 " + sha256, 0, 0, room) + "\n\n";
}

JsonFields json_head(int64_t samples, const Classifier& classifier, const std::string& sha256) {
  return {{"samples", to_text(samples)},
          {"classifier", json_object({{"name", json_string(classifier.name)},
                                      {"accuracy", json_number(classifier.accuracy)},
                                      {"sha256", json_string(sha256)}})}};
}

JsonFields json_fields(const Modes& modes) {
  return {{"modes", to_text(modes.found)}, {"kl", json_number(modes.kl)}};
}

/// Which values of a score are better.
std::string better(const std::string& score) {
  for (const char* low :
       {"_fd", "_kd", "class_distance", "missing_classes", "_error", "prior_mean", "prior_deviation"}) {
    if (score.ends_with(low)) return "lower";
  }
  for (const char* high : {"classifier_score", "precision", "recall", "density", "coverage", "_accuracy"}) {
    if (score.ends_with(high)) return "higher";
  }
  return score.ends_with("_movement") || score == "d_score" ? "" : "as real ones";
}

/// The name of a row, then its cells.
using Row = std::vector<std::string>;

std::string row_text(const Row& row, size_t name, int columns) {
  constexpr size_t kColumn = 24, kIndent = 2, kTable = 80;
  const bool narrow = static_cast<size_t>(columns) < kTable;
  std::string text = row[0];
  for (size_t i = 1; i < row.size(); ++i) {
    if (narrow) {
      text += (text.empty() ? "" : "\n") + std::string(kIndent, ' ') +
              wrapped(row[i], kIndent, kIndent, static_cast<size_t>(columns) - 1);
    } else {
      const size_t at = std::max(name + (i - 1) * kColumn, text.size() + 1);
      text.append(at - text.size(), ' ') += row[i];
    }
  }
  return text + "\n";
}

std::string table(const std::vector<Row>& rows, int columns) {
  size_t name = 20;  // columns of the names
  for (const Row& row : rows) name = std::max(name, row[0].size() + 1);
  std::string text;
  for (const Row& row : rows) text += row_text(row, name, columns);
  return text;
}

}  // namespace

std::string to_table(const Judgement& judgement, const Classifier& classifier, const std::string& sha256, int columns) {
  std::vector<Row> rows{{"", "samples", with_commas(judgement.real_images) + " real images", "better"}};
  for (size_t i = 0; i < judgement.scores.size(); ++i) {
    const auto& [name, estimate] = judgement.scores[i];
    const Estimate& real = judgement.real[i].second;
    rows.push_back({name, estimate_text(estimate), std::isnan(real.value) ? "" : estimate_text(real), better(name)});
  }
  std::string shares, missing;
  for (const double share : judgement.class_shares) shares += (shares.empty() ? "" : " ") + fixed_text(100 * share, 1);
  for (const int64_t one : missing_classes(judgement.class_shares, judgement.real_class_shares))
    missing += (missing.empty() ? "" : " ") + to_text(one);
  rows.push_back({"classes, %", shares});
  if (!missing.empty()) rows.push_back({"missing", missing});
  const auto room = static_cast<size_t>(columns) - 1;
  const std::string last =
      judgement.equilibrium.empty() ? "" : "\n" + wrapped(judgement.equilibrium, 0, 0, room) + "\n";
  return head(judgement.samples, classifier, sha256, columns) + table(rows, columns) + last;
}

std::string to_table(const ModesReport& report, const Classifier& classifier, const std::string& sha256, int columns) {
  std::vector<Row> rows{{"", "modes", "KL, nats"}};
  for (const auto& [name, modes] :
       {std::pair{"samples", report.found}, {"real images", report.real}, {"uniform", report.uniform}}) {
    rows.push_back({name, to_text(modes.found) + " of " + to_text(modes.all), fixed_text(modes.kl, 4)});
  }
  return head(report.samples, classifier, sha256, columns) + table(rows, columns);
}

std::string to_json(const Judgement& judgement, const Classifier& classifier, const std::string& sha256) {
  JsonFields scores;
  for (size_t i = 0; i < judgement.scores.size(); ++i) {
    const auto& [name, estimate] = judgement.scores[i];
    const Estimate& real = judgement.real[i].second;
    scores.emplace_back(name, json_object({{"value", json_number(estimate.value)},
                                           {"error", json_number(estimate.error)},
                                           {"real", json_number(real.value)},
                                           {"real_error", json_number(real.error)}}));
  }
  std::vector<std::string> shares;
  for (const double share : judgement.class_shares) shares.push_back(json_number(share));
  JsonFields fields = json_head(judgement.samples, classifier, sha256);
  fields.emplace_back("real_images", to_text(judgement.real_images));
  fields.emplace_back("scores", json_object(scores));
  fields.emplace_back("class_shares", json_array(shares));
  if (!judgement.equilibrium.empty()) fields.emplace_back("equilibrium", json_string(judgement.equilibrium));
  return json_object(fields);
}

std::string to_json(const ModesReport& report, const Classifier& classifier, const std::string& sha256) {
  JsonFields fields = json_head(report.samples, classifier, sha256);
  for (auto& field : json_fields(report.found)) fields.push_back(std::move(field));
  fields.emplace_back("real", json_object(json_fields(report.real)));
  fields.emplace_back("uniform", json_object(json_fields(report.uniform)));
  return json_object(fields);
}

at::Tensor nearest_picture(const at::Tensor& samples, const at::Tensor& train, const Nearest& nearest) {
  constexpr int64_t kPairs = 64, kFrame = 2, kGrey = 128;  // pixels of a frame
  const int64_t count = std::min(kPairs, samples.size(0));
  const at::Tensor first = samples.narrow(0, 0, count);
  const at::Tensor between = at::full({count, first.size(1), first.size(2), kFrame}, kGrey, at::kByte);
  const at::Tensor found = train.index_select(0, nearest.index.narrow(0, 0, count));
  const at::Tensor pairs =
      at::constant_pad_nd(at::cat({first, between, found}, 3), {kFrame, kFrame, kFrame, kFrame}, kGrey);
  return make_grid({pairs, {8, 8}});
}

}  // namespace gan
