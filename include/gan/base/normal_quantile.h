#pragma once

namespace gan {

/// The quantile of the standard normal distribution, relative error 1e-15; p from 2^-34 to 1 - 2^-34. Algorithm AS 241
/// (PPND16), Wichura 1988. The same bits on every machine: sums, products, quotients and square roots of doubles in a
/// fixed order, and a logarithm of our own, because that of a C library depends on the processor.
double normal_quantile(double p);

}  // namespace gan
