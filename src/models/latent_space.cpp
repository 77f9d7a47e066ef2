#include "gan/models/latent_space.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gan/base/error.h"
#include "gan/base/normal_quantile.h"
#include "gan/base/philox.h"
#include "gan/base/random.h"
#include "gan/base/text.h"

namespace gan {

namespace {

float normal_from(uint32_t bits) {
  return static_cast<float>(normal_quantile((bits + 0.5) * 0x1p-32));
}

float uniform_from(uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-23F - 1;
}

/// Fills `latent` [size] with the seed's numbers from column `begin` on.
void draw_by_philox(Noise noise, uint64_t seed, int64_t begin, at::Tensor latent) {
  auto* numbers = latent.mutable_data_ptr<float>();
  for (int64_t i = 0; i < latent.numel(); ++i) {
    const int64_t column = begin + i;
    const auto words = philox(seed, static_cast<uint64_t>(column / 4), PhiloxUse::latents);
    const uint32_t bits = words[static_cast<size_t>(column % 4)];
    numbers[i] = noise == Noise::uniform ? uniform_from(bits) : normal_from(bits);
  }
}

at::Tensor drawn(Noise noise, at::Tensor into, const std::optional<at::Generator>& generator = {}) {
  return noise == Noise::uniform ? into.uniform_(-1, 1, generator) : into.normal_(0, 1, generator);
}

constexpr int64_t kPetals = 10;

/// Normal rows [N, size] as a mixture, each in its petal, int64 [N].
at::Tensor in_petals(const at::Tensor& rows, const at::Tensor& petals) {
  constexpr double kFromMiddle = 1.4, kOutwards = 0.5, kAcross = 0.1;
  const at::Tensor angle = petals.to(rows.scalar_type()) * (2 * M_PI / kPetals);
  const at::Tensor out = kFromMiddle + kOutwards * rows.select(1, 0), across = kAcross * rows.select(1, 1);
  const at::Tensor x = out * angle.cos() - across * angle.sin(), y = out * angle.sin() + across * angle.cos();
  return at::cat({at::stack({x, y}, 1), rows.slice(1, 2)}, 1);
}

at::Tensor classes_of(const std::vector<int64_t>& seeds, int64_t size) {
  const at::Tensor classes = at::empty({static_cast<int64_t>(seeds.size())}, at::kLong);
  for (size_t i = 0; i < seeds.size(); ++i) {
    classes.mutable_data_ptr<int64_t>()[i] =
        static_cast<int64_t>(static_cast<uint64_t>(seeds[i]) % static_cast<uint64_t>(size));
  }
  return classes;
}

/// sin((1-t) w) / sin w a + sin(t w) / sin w b, w being the angle between a and b [1, n]; t is [N, 1].
at::Tensor spherical(const at::Tensor& a, const at::Tensor& b, const at::Tensor& t) {
  constexpr double kParallel = 1e-6;
  const double cosine = at::cosine_similarity(a, b, 1).item<double>();
  const double angle = std::acos(std::clamp(cosine, -1.0, 1.0));
  if (std::sin(angle) < kParallel) return at::lerp(a, b, t);
  return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / std::sin(angle);
}

}  // namespace

at::Tensor one_hot_rows(const at::Tensor& classes, int64_t size) {
  const at::Tensor rows = at::zeros({classes.size(0), size}, classes.options().dtype(at::kFloat));
  return rows.scatter_(1, classes.unsqueeze(1), 1);
}

LatentGenerator latent_generator_of(const Dict& file) {
  auto generator = LatentGenerator::mt19937;
  if (!file.contains("latent_generator")) return generator;
  const auto& word = file.get<std::string>("latent_generator");
  if (!parse_text(word, generator)) {
    throw Error("'latent_generator': expected " + words<LatentGenerator>() + ", got '" + word + "'");
  }
  return generator;
}

LatentSpace::LatentSpace(std::vector<LatentPart> parts) : parts_(std::move(parts)) {
  for (const LatentPart& part : parts_) size_ += part.size;
}

bool LatentSpace::has(const std::string& name) const {
  return std::ranges::find(parts_, name, &LatentPart::name) != parts_.end();
}

const LatentPart& LatentSpace::find(const std::string& name) const {
  const auto found = std::ranges::find(parts_, name, &LatentPart::name);
  if (found != parts_.end()) return *found;
  std::vector<std::string> names;
  for (const LatentPart& part : parts_) names.push_back(part.name);
  throw Error("this model's latents have no part " + name + "; parts: " + joined(names, ", "));
}

template <class Act>
at::Tensor LatentSpace::each_part(const Act& act) const {
  std::vector<at::Tensor> columns;
  int64_t begin = 0;
  for (const LatentPart& part : parts_) {
    columns.push_back(act(part, begin));
    begin += part.size;
  }
  return columns.size() == 1 ? columns.front() : at::cat(columns, 1);
}

at::Tensor LatentSpace::draw(int64_t count, at::Device device) const {
  return each_part([&](const LatentPart& part, int64_t) {
    const auto any_of = [&](int64_t classes) {
      return at::randint(classes, {count}, at::TensorOptions().dtype(at::kLong).device(device));
    };
    if (!part.noise) return one_hot_rows(any_of(part.size), part.size);
    const at::Tensor rows = drawn(*part.noise, at::empty({count, part.size}, device));
    return *part.noise == Noise::mixture ? in_petals(rows, any_of(kPetals)) : rows;
  });
}

at::Tensor LatentSpace::of_seeds(const std::vector<int64_t>& seeds) const {
  const auto count = static_cast<int64_t>(seeds.size());
  std::vector<at::Generator> generators;
  for (const int64_t seed : seeds) {
    if (generator_ == LatentGenerator::philox) break;
    generators.push_back(make_generator(mix_seed(static_cast<uint64_t>(seed), 0)));
  }
  return each_part([&](const LatentPart& part, int64_t begin) {
    if (!part.noise) return one_hot_rows(classes_of(seeds, part.size), part.size);
    const at::Tensor rows = at::empty({count, part.size});
    for (int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<size_t>(i);
      if (generator_ == LatentGenerator::philox) {
        draw_by_philox(*part.noise, static_cast<uint64_t>(seeds[at]), begin, rows[i]);
      } else {
        drawn(*part.noise, rows[i], generators[at]);
      }
    }
    if (*part.noise != Noise::mixture) return rows;
    return in_petals(rows, at::tensor(seeds).floor_divide(kPetals).remainder(kPetals));
  });
}

std::string LatentSpace::add_inputs(InferenceGraph& graph) const {
  std::vector<std::string> columns;
  for (const LatentPart& part : parts_) {
    columns.push_back(part.noise ? graph.input(part.name, {part.size}) : graph.class_input(part.name, part.size));
  }
  return columns.size() == 1 ? columns.front() : graph.add("latents", "Concat", columns);
}

at::Tensor LatentSpace::part(const at::Tensor& rows, const std::string& name) const {
  const LatentPart& wanted = find(name);
  int64_t begin = 0;
  for (const LatentPart* part = parts_.data(); part != &wanted; ++part) begin += part->size;
  return rows.narrow(1, begin, wanted.size);
}

at::Tensor LatentSpace::values(const std::string& name, const std::vector<double>& numbers) const {
  const LatentPart& part = find(name);
  if (part.noise) {
    if (std::ssize(numbers) != part.size) {
      throw Error("expected " + to_text(part.size) + " numbers for " + name + ", got " + to_text(std::ssize(numbers)));
    }
    for (const double number : numbers) {
      if (!std::isfinite(static_cast<float>(number)))
        throw Error("too large a number for " + name + ": " + to_text(number));
    }
    return at::tensor(numbers, at::kFloat).unsqueeze(0);
  }
  for (const double number : numbers) {
    const bool is_class = number == std::floor(number) && number >= 0 && number < static_cast<double>(part.size);
    if (!is_class)
      throw Error("expected a " + name + " from 0 to " + to_text(part.size - 1) + ", got " + to_text(number));
  }
  return one_hot_rows(at::tensor(numbers, at::kDouble).to(at::kLong), part.size);
}

at::Tensor LatentSpace::with(const at::Tensor& rows, const std::string& name, const at::Tensor& values) const {
  at::Tensor copy = rows.clone();
  part(copy, name).copy_(values);
  return copy;
}

at::Tensor LatentSpace::interpolate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& t) const {
  const at::Tensor at = t.unsqueeze(1);
  return each_part([&](const LatentPart& part, int64_t begin) {
    const at::Tensor a = from.narrow(1, begin, part.size), b = to.narrow(1, begin, part.size);
    if (!part.noise) return a.expand({t.size(0), part.size});
    return *part.noise == Noise::normal ? spherical(a, b, at) : at::lerp(a, b, at);
  });
}

at::Tensor LatentSpace::truncated(const at::Tensor& rows, double limit) const {
  return each_part([&](const LatentPart& part, int64_t begin) {
    const at::Tensor x = rows.narrow(1, begin, part.size);
    if (!part.noise) return x;
    if (*part.noise == Noise::mixture) throw Error("the latents are a mixture, which has no middle to be nearer to");
    if (*part.noise == Noise::uniform) return x * std::min(limit, 1.0);
    const double below = 0.5 * std::erfc(limit / M_SQRT2);  // of the distribution, under -limit
    const at::Tensor quantile = below + (1 - 2 * below) * at::special_ndtr(x.to(at::kDouble));
    return at::special_ndtri(quantile).clamp(-limit, limit).to(at::kFloat);
  });
}

at::Tensor LatentSpace::combine(const at::Tensor& rows, const std::vector<double>& weights) const {
  return each_part([&](const LatentPart& part, int64_t begin) {
    const at::Tensor columns = rows.narrow(1, begin, part.size);
    if (!part.noise) return columns.narrow(0, 0, 1);
    return at::tensor(weights, at::kFloat).unsqueeze(0).matmul(columns);
  });
}

}  // namespace gan
