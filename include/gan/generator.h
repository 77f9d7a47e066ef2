#pragma once

// The library's public header, and the only one that is installed: see docs/cpp.md.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gan {

/// A trained generator, on the CPU. Several threads may use one at the same time. Copies share the weights.
class Generator {
 public:
  /// Reads a g.pt. Throws std::runtime_error for a file that is none, with what is wrong.
  explicit Generator(const std::string& path);

  int64_t channels() const;  ///< of an image: 1 gray, 3 RGB, 4 RGBA
  int64_t height() const;
  int64_t width() const;
  int64_t latent_size() const;  ///< numbers in a latent: z, then codes, then a one-hot label
  int64_t classes() const;      ///< that samples can be asked for; 0: none

  /// The image of a seed, 0 to 2^62: bytes [channels, height, width], those of gan-sample to one grey level. Of a
  /// labelled model it shows class `seed % classes()`. Throws std::runtime_error for other seeds.
  std::vector<uint8_t> sample(int64_t seed) const;

  /// The same of a class, 0 to classes() - 1. Throws std::runtime_error for others.
  std::vector<uint8_t> sample(int64_t seed, int64_t label) const;

  /// The latent of a seed, [latent_size()].
  std::vector<float> latent(int64_t seed) const;

  /// The images of latents, [n, latent_size()] -> bytes [n, channels, height, width]. More at once are quicker each.
  /// Throws std::runtime_error if the numbers are not whole rows.
  std::vector<uint8_t> draw(const std::vector<float>& latents) const;

 private:
  struct Parts;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace gan
