#include "gan/sampling/sampler.h"

#include <algorithm>
#include <numeric>

#include "gan/base/stop.h"
#include "gan/images/pixels.h"

namespace gan {

namespace {

constexpr int64_t kAtOnce = 1024;        // samples as floats in memory
constexpr int64_t kCandidates = 40'000;  // that are compared with one another
constexpr int64_t kAxes = 64;            // of D's features

/// Some samples as the model makes them.
struct Drawn {
  int64_t begin = 0;  ///< index of the first one's seed
  at::Tensor latents;
  at::Tensor pixels;  ///< float [n, C, H, W]
};

/// Rows, of which the first has the index `begin`.
at::Tensor changed(const LatentSpace& space, at::Tensor rows, int64_t begin, const LatentChanges& changes) {
  if (changes.truncation) rows = space.truncated(rows, *changes.truncation);
  for (const SetPart& part : changes.parts) {
    const at::Tensor index = at::arange(begin, begin + rows.size(0)).remainder(part.values.size(0));
    rows = space.with(rows, part.name, part.values.index_select(0, index));
  }
  return rows;
}

void draw(const Model& model, const Latents& latents, const std::function<void(const Drawn&)>& take) {
  for (int64_t begin = 0; begin < latents.count; begin += kAtOnce) {
    throw_if_stopped();
    const at::Tensor rows = latents.rows(begin, std::min(kAtOnce, latents.count - begin));
    take({begin, rows, model.generate(rows)});
  }
}

struct Ranked {
  float logit;
  int64_t seed;
  bool operator<(const Ranked& other) const { return logit != other.logit ? logit > other.logit : seed < other.seed; }
};

/// The best `count` of them, the best first.
void keep_best(std::vector<Ranked>& ranked, int64_t count) {
  std::sort(ranked.begin(), ranked.end());
  ranked.resize(std::min(ranked.size(), static_cast<size_t>(count)));
}

/// Takes as many candidates at a time as fit, and keeps the typical ones of each such round.
std::vector<int64_t> typical_seeds(const Model& model, int64_t first_seed, int64_t count, int64_t factor,
                                   const LatentChanges& changes) {
  const int64_t most = std::max<int64_t>(1, kCandidates / factor), rounds = (count + most - 1) / most;
  std::vector<int64_t> kept;
  for (int64_t round = 0; round < rounds; ++round) {
    const int64_t begin = count * round / rounds, end = count * (round + 1) / rounds;
    const std::vector<int64_t> seeds = seeds_from(first_seed + begin * factor, (end - begin) * factor);
    at::Tensor axes;
    std::vector<at::Tensor> points, logits;
    draw(model, latents_of_seeds(model.latents(), seeds, changes), [&](const Drawn& drawn) {
      const Score score = model.score(drawn.pixels, drawn.latents);
      if (!axes.defined()) axes = principal_axes(score.features, kAxes);
      points.push_back(score.features.matmul(axes));
      logits.push_back(score.logits);
    });
    for (const int64_t i : typical_among(at::cat(points), at::cat(logits), end - begin)) {
      kept.push_back(seeds[static_cast<size_t>(i)]);
    }
  }
  return kept;
}

std::vector<int64_t> best_seeds(const Model& model, int64_t first_seed, int64_t count, int64_t factor,
                                const LatentChanges& changes) {
  std::vector<Ranked> best;
  for (int64_t begin = 0; begin < count * factor; begin += kCandidates) {
    const std::vector<int64_t> seeds = seeds_from(first_seed + begin, std::min(kCandidates, count * factor - begin));
    draw(model, latents_of_seeds(model.latents(), seeds, changes), [&](const Drawn& drawn) {
      const at::Tensor logits = model.score(drawn.pixels, drawn.latents).logits.contiguous();
      for (int64_t i = 0; i < logits.numel(); ++i) {
        best.push_back({logits.const_data_ptr<float>()[i], seeds[static_cast<size_t>(drawn.begin + i)]});
      }
    });
    keep_best(best, count);
  }
  std::vector<int64_t> kept;
  for (const Ranked& one : best) kept.push_back(one.seed);
  return kept;
}

}  // namespace

at::Tensor sample_images(const Model& model, const at::Tensor& latents) {
  return to_bytes(model.generate(latents)).contiguous();
}

Latents latents_of_seeds(const LatentSpace& space, const std::vector<int64_t>& seeds, const LatentChanges& changes) {
  return {static_cast<int64_t>(seeds.size()), [=](int64_t begin, int64_t count) {
            const std::vector<int64_t> some(seeds.begin() + begin, seeds.begin() + begin + count);
            return changed(space, space.of_seeds(some), begin, changes);
          }};
}

Latents latents_of_rows(const LatentSpace& space, const at::Tensor& rows, const LatentChanges& changes) {
  return {rows.size(0),
          [=](int64_t begin, int64_t count) { return changed(space, rows.narrow(0, begin, count), begin, changes); }};
}

void draw_samples(const Model& model, const Latents& latents, const TakeSamples& take) {
  draw(model, latents, [&](const Drawn& drawn) {
    take({drawn.begin, drawn.latents, to_bytes(drawn.pixels).contiguous()});
  });
}

at::Tensor sample_seeds(const Model& model, const std::vector<int64_t>& seeds) {
  at::Tensor all;
  draw_samples(model, latents_of_seeds(model.latents(), seeds), [&](const Samples& some) {
    if (!all.defined()) {
      std::vector<int64_t> sizes = some.images.sizes().vec();
      sizes[0] = static_cast<int64_t>(seeds.size());
      all = at::empty(sizes, at::kByte);
    }
    all.narrow(0, some.begin, some.images.size(0)).copy_(some.images);
  });
  return all;
}

at::Tensor reconstructed(const Model& model, const at::Tensor& images) {
  return sample_images(model, model.encode(to_pixels(images)));
}

std::vector<int64_t> seeds_from(int64_t first_seed, int64_t count) {
  std::vector<int64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first_seed);
  return seeds;
}

GridShape grid_of_classes(const LatentSpace& latents, GridShape otherwise) {
  constexpr int64_t kMostRows = 100, kColumns = 10;
  for (const LatentPart& part : latents.parts()) {
    if (!part.noise && part.size <= kMostRows) return {part.size, kColumns};
  }
  return otherwise;
}

std::vector<int64_t> grid_seeds(const LatentSpace& latents, int64_t first_seed, GridShape grid) {
  const bool by_class = std::ranges::any_of(
      latents.parts(), [&](const LatentPart& part) { return !part.noise && part.size == grid.rows; });
  std::vector<int64_t> seeds = seeds_from(first_seed, grid.count());
  if (!by_class) return seeds;
  const int64_t first_row = first_seed % grid.rows;  // its class is its seed modulo the classes
  for (int64_t i = 0; i < grid.count(); ++i) {
    const int64_t row = i / grid.columns, column = i % grid.columns;
    seeds[static_cast<size_t>(i)] = first_seed + (row - first_row + grid.rows) % grid.rows + column * grid.rows;
  }
  return seeds;
}

std::vector<int64_t> nice_seeds(const Model& model, int64_t first_seed, int64_t count, int64_t factor, NiceBy by,
                                const LatentChanges& changes) {
  const auto seeds = by == NiceBy::rank ? best_seeds : typical_seeds;
  return seeds(model, first_seed, count, factor, changes);
}

}  // namespace gan
