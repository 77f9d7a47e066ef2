#include "gan/base/random.h"

#include <mutex>

#include "gan/base/error.h"

namespace gan {

uint64_t mix_seed(uint64_t seed, uint64_t use) {
  uint64_t z = seed + (use + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

at::Generator make_generator(uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

void seed_default_generators(uint64_t seed) {
  at::manual_seed(seed);
}

at::Tensor generator_state(at::Generator generator) {
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

void set_generator_state(at::Generator generator, const at::Tensor& state) {
  const std::lock_guard lock(generator.mutex());
  const at::Tensor current = generator.get_state();
  if (state.scalar_type() != at::kByte || state.sizes() != current.sizes()) {
    throw Error("the state of a random generator has the wrong size");
  }
  try {
    generator.set_state(state);
  } catch (const c10::Error& error) {
    throw Error("cannot restore the state of a random generator: " + message_of(error));
  }
}

at::Generator default_generator(at::Device device) {
  return at::globalContext().defaultGenerator(device);
}

}  // namespace gan
