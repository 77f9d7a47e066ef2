// Compiled with -ffp-contract=off: a fused multiply-add rounds differently.
#include "gan/base/normal_quantile.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace gan {

namespace {

using Coefficients = std::array<double, 8>;

// Named as in AS 241: a / b near the middle, c / d in the tails. We leave out e / f, which is for p below exp(-25).
constexpr Coefficients kA{3.3871328727963666080,   1.3314166789178437745e2, 1.9715909503065514427e3,
                          1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                          3.3430575583588128105e4, 2.5090809287301226727e3};
constexpr Coefficients kB{1,
                          4.2313330701600911252e1,
                          6.8718700749205790830e2,
                          5.3941960214247511077e3,
                          2.1213794301586595867e4,
                          3.9307895800092710610e4,
                          2.8729085735721942674e4,
                          5.2264952788528545610e3};
constexpr Coefficients kC{1.42343711074968357734,    4.63033784615654529590,   5.76949722146069140550,
                          3.64784832476320460504,    1.27045825245236838258,   2.41780725177450611770e-1,
                          2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr Coefficients kD{1,
                          2.05319162663775882187,
                          1.67638483018380384940,
                          6.89767334985100004550e-1,
                          1.48103976427480074590e-1,
                          1.51986665636164571966e-2,
                          5.47593808499534494600e-4,
                          1.05075007164441684324e-9};

double polynomial(const Coefficients& c, double x) {
  double sum = c[7];
  for (int i = 6; i >= 0; --i) sum = sum * x + c[static_cast<size_t>(i)];
  return sum;
}

/// For normal (not subnormal) x = m 2^e with m from 1/sqrt(2) to sqrt(2): log m = 2 artanh((m - 1) / (m + 1)).
double natural_log(double x) {
  constexpr uint64_t kHalfRoot = 0x3fe6a09e667f3bcd;  // the bits of 1/sqrt(2)
  constexpr uint64_t kFraction = (uint64_t{1} << 52) - 1;
  const uint64_t above = std::bit_cast<uint64_t>(x) - kHalfRoot;
  const auto exponent = static_cast<double>(static_cast<int64_t>(above) >> 52);
  const auto m = std::bit_cast<double>((above & kFraction) + kHalfRoot);
  const double s = (m - 1) / (m + 1), square = s * s;
  double series = 0;
  for (int n = 21; n >= 3; n -= 2) series = (series + 1.0 / n) * square;
  constexpr double kLog2 = 0.693147180559945309417;
  return exponent * kLog2 + (2 * s + 2 * s * series);
}

}  // namespace

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kA, r) / polynomial(kB, r);
  }
  const double r = std::sqrt(-natural_log(q < 0 ? p : 1 - p)) - 1.6;
  const double x = polynomial(kC, r) / polynomial(kD, r);
  return q < 0 ? -x : x;
}

}  // namespace gan
