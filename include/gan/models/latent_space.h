#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gan/base/choice.h"
#include "gan/base/value.h"
#include "gan/networks/inference_graph.h"

namespace gan {

/// What noise is drawn from: a standard normal distribution; uniformly from [-1, 1); or a mixture, whose first two
/// numbers lie in one of ten normal distributions, set like petals around 0 (Makhzani et al. 2015, arXiv:1511.05644,
/// figure 4): 1.4 from there, with deviation 0.5 outwards and 0.1 across. Its further numbers are standard normal.
enum class Noise { normal, uniform, mixture };
constexpr auto choices(Noise) {
  return std::array<Choice<Noise>, 3>{
      {{Noise::normal, "normal"}, {Noise::uniform, "uniform"}, {Noise::mixture, "mixture"}}};
}

struct LatentOptions {
  int64_t size = 100;  ///< numbers in z
  Noise noise = Noise::normal;
};

/// What InfoGAN's G is given besides z, and its D's side learns to read off images.
struct CodeOptions {
  int64_t categories = 10;      ///< of one one-hot code
  int64_t codes = 2;            ///< numbers that are uniform in [-1, 1)
  double information = 1;       ///< weight of the category's information in both losses
  double code_information = 1;  ///< the same of the uniform codes
};

/// What draws the latent of a seed. Philox 4x32-10 (base/philox.h) takes the seed's 64 bits as its key, so no two seeds
/// share a latent, and every machine draws the same bits. Runs from before it keep LibTorch's mt19937, which takes 32
/// bits of a seed, and whose normal numbers differ by 2e-6 between instruction sets.
enum class LatentGenerator { mt19937, philox };
constexpr auto choices(LatentGenerator) {
  return std::array<Choice<LatentGenerator>, 2>{
      {{LatentGenerator::mt19937, "mt19937"}, {LatentGenerator::philox, "philox"}}};
}

/// What a checkpoint's training or g.pt says draws latents of seeds; mt19937 if it is from before there was a choice.
/// Throws Error.
LatentGenerator latent_generator_of(const Dict& file);

/// Rows with a one in the column of their class, float [N, size]; `classes` are int64 [N], below `size`.
at::Tensor one_hot_rows(const at::Tensor& classes, int64_t size);

/// A named stretch of a latent.
struct LatentPart {
  std::string name;                           ///< "z", "label"
  int64_t size = 0;                           ///< numbers; of a one-hot part, classes
  std::optional<Noise> noise;                 ///< none: one-hot
  std::vector<std::string> class_names = {};  ///< of a one-hot part; empty: its classes are numbers
};

/// The space of a model's latents. A latent is a row of `size()` numbers: the parts side by side. Every query on
/// latents is an operation on rows, float [N, size], whatever the model.
class LatentSpace {
 public:
  /// Noise parts come first, so that adding a label or a code leaves the samples of old seeds as they were.
  explicit LatentSpace(std::vector<LatentPart> parts);

  const std::vector<LatentPart>& parts() const { return parts_; }
  int64_t size() const { return size_; }  ///< numbers in a row
  bool has(const std::string& name) const;
  const LatentPart& find(const std::string& name) const;  ///< throws Error with the names of the parts

  /// `count` rows from the device's default generator; one-hot parts are uniform over their classes.
  at::Tensor draw(int64_t count, at::Device device) const;

  /// The rows of these seeds, on the CPU. A one-hot part of seed s has class s modulo its size, and a mixture its petal
  /// floor(s / 10) modulo 10. With philox a 32-bit number b becomes
  ///   normal   the quantile of (b + 1/2) / 2^32 (base/normal_quantile.h), rounded to float
  ///   uniform  floor(b / 2^8) / 2^23 - 1
  at::Tensor of_seeds(const std::vector<int64_t>& seeds) const;

  /// A part's columns: a view [N, size of the part]. Throws Error with the names of the parts if there is no such part.
  at::Tensor part(const at::Tensor& rows, const std::string& name) const;

  /// Numbers as values of a part: of a one-hot part classes, a row each; of another one its numbers, one row. Throws
  /// Error if there is no such part, class or number of numbers, and for numbers that are too large for a float.
  at::Tensor values(const std::string& name, const std::vector<double>& numbers) const;

  /// A copy of the rows whose part has these values, [N or 1, size of the part]. Throws Error as `part` does.
  at::Tensor with(const at::Tensor& rows, const std::string& name, const at::Tensor& values) const;

  /// Rows on the way from one row to another, [1, size] each, at the fractions t, float [N] in [0, 1]: spherical for
  /// normal parts (Shoemake 1985, section 3.3), straight for others; one-hot parts are the first row's.
  at::Tensor interpolate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& t) const;

  /// Rows nearer to the middle, so that samples are more typical and vary less (Brock et al. 2019, arXiv:1809.11096,
  /// section 3.1). A normal number x becomes that of the same quantile of the normal distribution cut off at
  /// -limit and limit; a uniform one becomes x times the limit, at most 1. Throws Error for a mixture.
  at::Tensor truncated(const at::Tensor& rows, double limit) const;

  /// The sum of rows times `weights`, [1, size]: "5 - 9 + 12" has the weights 1, -1, 1. One-hot parts are the first
  /// row's.
  at::Tensor combine(const at::Tensor& rows, const std::vector<double>& weights) const;

  /// Adds inputs to a graph, one for each part, and gives the row of all: see InferenceGraph.
  std::string add_inputs(InferenceGraph& graph) const;

  LatentGenerator generator() const { return generator_; }
  void set_generator(LatentGenerator generator) { generator_ = generator; }

 private:
  /// What `act(part, its first column)` makes of each part, side by side.
  template <class Act>
  at::Tensor each_part(const Act& act) const;

  std::vector<LatentPart> parts_;
  int64_t size_ = 0;
  LatentGenerator generator_ = LatentGenerator::philox;
};

}  // namespace gan
