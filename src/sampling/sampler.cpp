#include "gan/sampling/sampler.h"

#include <algorithm>
#include <numeric>

#include "gan/base/stop.h"
#include "gan/images/pixels.h"
#include "gan/networks/classifier.h"

namespace gan {

namespace {

constexpr int64_t kAtOnce = 1024;        // samples as floats in memory
constexpr int64_t kCandidates = 40'000;  // that are compared with one another
constexpr int64_t kAxes = 64;            // of D's features

using TakePixels = std::function<void(int64_t begin, const at::Tensor& pixels)>;  ///< float [n, C, H, W]

void draw_pixels(const Network& generator, const LatentSource& latents, const std::vector<int64_t>& seeds,
                 const TakePixels& take) {
  const auto count = static_cast<int64_t>(seeds.size());
  for (int64_t begin = 0; begin < count; begin += kAtOnce) {
    throw_if_stopped();
    const std::vector<int64_t> some(seeds.begin() + begin, seeds.begin() + std::min(begin + kAtOnce, count));
    take(begin, infer(generator, latents_of_seeds(latents, some)));
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

}  // namespace

at::Tensor sample_images(const Network& generator, const at::Tensor& latents) {
  return to_bytes(infer(generator, latents)).contiguous();
}

void draw_samples(const Network& generator, const LatentSource& latents, const std::vector<int64_t>& seeds,
                  const TakeSamples& take) {
  draw_pixels(generator, latents, seeds,
              [&](int64_t begin, const at::Tensor& pixels) { take(begin, to_bytes(pixels).contiguous()); });
}

at::Tensor sample_seeds(const Network& generator, const LatentSource& latents, const std::vector<int64_t>& seeds) {
  at::Tensor all;
  draw_samples(generator, latents, seeds, [&](int64_t begin, const at::Tensor& images) {
    if (!all.defined()) {
      std::vector<int64_t> sizes = images.sizes().vec();
      sizes[0] = static_cast<int64_t>(seeds.size());
      all = at::empty(sizes, at::kByte);
    }
    all.narrow(0, begin, images.size(0)).copy_(images);
  });
  return all;
}

std::vector<int64_t> seeds_from(int64_t first_seed, int64_t count) {
  std::vector<int64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first_seed);
  return seeds;
}

namespace {

/// As many candidates as fit at a time, and of each such round the ones that are typical.
std::vector<int64_t> typical_seeds(const Network& generator, const Network& discriminator, const LatentSource& latents,
                                   int64_t first_seed, int64_t count, int64_t factor) {
  const int64_t most = std::max<int64_t>(1, kCandidates / factor), rounds = (count + most - 1) / most;
  const Network see = all_but_last(discriminator), decide = only_last(discriminator);
  std::vector<int64_t> kept;
  for (int64_t round = 0; round < rounds; ++round) {
    const int64_t begin = count * round / rounds, end = count * (round + 1) / rounds;
    const std::vector<int64_t> seeds = seeds_from(first_seed + begin * factor, (end - begin) * factor);
    at::Tensor axes;
    std::vector<at::Tensor> points, logits;
    draw_pixels(generator, latents, seeds, [&](int64_t, const at::Tensor& pixels) {
      const at::Tensor features = infer(see, pixels).flatten(1);
      if (!axes.defined()) axes = principal_axes(features, kAxes);
      points.push_back(features.matmul(axes));
      logits.push_back(infer(decide, features).flatten());
    });
    for (const int64_t i : typical_among(at::cat(points), at::cat(logits), end - begin)) {
      kept.push_back(seeds[static_cast<size_t>(i)]);
    }
  }
  return kept;
}

std::vector<int64_t> best_seeds(const Network& generator, const Network& discriminator, const LatentSource& latents,
                                int64_t first_seed, int64_t count, int64_t factor) {
  std::vector<Ranked> best;
  for (int64_t begin = 0; begin < count * factor; begin += kCandidates) {
    const std::vector<int64_t> seeds = seeds_from(first_seed + begin, std::min(kCandidates, count * factor - begin));
    draw_pixels(generator, latents, seeds, [&](int64_t at, const at::Tensor& pixels) {
      const at::Tensor logits = infer(discriminator, pixels).flatten().contiguous();
      for (int64_t i = 0; i < logits.numel(); ++i) {
        best.push_back({logits.const_data_ptr<float>()[i], seeds[static_cast<size_t>(at + i)]});
      }
    });
    keep_best(best, count);
  }
  std::vector<int64_t> kept;
  for (const Ranked& one : best) kept.push_back(one.seed);
  return kept;
}

}  // namespace

std::vector<int64_t> nice_seeds(const Network& generator, const Network& discriminator, const LatentSource& latents,
                                int64_t first_seed, int64_t count, int64_t factor, NiceBy by) {
  const auto seeds = by == NiceBy::rank ? best_seeds : typical_seeds;
  return seeds(generator, discriminator, latents, first_seed, count, factor);
}

}  // namespace gan
