#include "gan/metrics/encoding.h"

#include <limits>
#include <vector>

namespace gan {

Estimate neighbour_accuracy(const at::Tensor& train, const at::Tensor& train_labels, const at::Tensor& latents,
                            const at::Tensor& labels) {
  constexpr int64_t kAtOnce = 1000;
  std::vector<at::Tensor> found;
  for (const at::Tensor& some : latents.split(kAtOnce)) {
    found.push_back(train_labels.index_select(0, at::cdist(some, train).argmin(1)));
  }
  return mean_of(at::cat(found).eq(labels));
}

Estimate category_accuracy(const at::Tensor& probabilities, const at::Tensor& labels, int64_t classes) {
  const int64_t categories = probabilities.size(1), columns = std::max(categories, classes);
  const at::Tensor of_each = probabilities.argmax(1);
  // gains[c][k]: images of class c in category k. Classes without a category of their own take an empty column.
  const at::Tensor gains = at::bincount(labels * columns + of_each, {}, classes * columns).view({classes, columns});
  return mean_of(best_assignment(gains.to(at::kDouble)).index_select(0, labels).eq(of_each));
}

/// Rows join one by one. Each takes the cheapest way to a free column through columns already given, whose rows move
/// on; potentials keep reduced costs at or above 0 (the Hungarian method in O(R R C)).
at::Tensor best_assignment(const at::Tensor& gains) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  const auto rows = static_cast<size_t>(gains.size(0)), columns = static_cast<size_t>(gains.size(1));
  const at::Tensor costs = gains.neg().contiguous();
  const auto cost = [&, data = costs.const_data_ptr<double>()](size_t row, size_t column) {
    return data[(row - 1) * columns + column - 1];
  };
  std::vector<double> of_row(rows + 1), of_column(columns + 1);  // potentials; index 0 stands for "none"
  std::vector<size_t> row_in(columns + 1);                       // the row that has a column
  for (size_t row = 1; row <= rows; ++row) {
    std::vector<double> nearest(columns + 1, kFar);
    std::vector<size_t> from(columns + 1);
    std::vector<char> seen(columns + 1);
    row_in[0] = row;
    size_t at = 0;
    do {
      seen[at] = 1;
      double step = kFar;
      size_t next = 0;
      for (size_t column = 1; column <= columns; ++column) {
        if (seen[column]) continue;
        const double reduced = cost(row_in[at], column) - of_row[row_in[at]] - of_column[column];
        if (reduced < nearest[column]) nearest[column] = reduced, from[column] = at;
        if (nearest[column] < step) step = nearest[column], next = column;
      }
      for (size_t column = 0; column <= columns; ++column) {
        if (seen[column]) {
          of_row[row_in[column]] += step, of_column[column] -= step;
        } else {
          nearest[column] -= step;
        }
      }
      at = next;
    } while (row_in[at] != 0);
    for (; at != 0; at = from[at]) row_in[at] = row_in[from[at]];
  }
  const at::Tensor given = at::empty({gains.size(0)}, at::kLong);
  for (size_t column = 1; column <= columns; ++column) {
    if (row_in[column] != 0) given.mutable_data_ptr<int64_t>()[row_in[column] - 1] = static_cast<int64_t>(column - 1);
  }
  return given;
}

PriorDistance prior_distance(const at::Tensor& latents, const at::Tensor& prior) {
  const auto largest = [](const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); };
  return {largest(latents.mean(0), prior.mean(0)), largest(latents.std(0), prior.std(0))};
}

}  // namespace gan
