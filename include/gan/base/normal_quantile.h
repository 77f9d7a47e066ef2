#pragma once

namespace gan {

/// The number below which a standard normal one lies with probability p: Wichura 1988, algorithm AS 241 (PPND16), to
/// 1e-15 of it; p from 2^-34 to 1 - 2^-34. The same bits on every machine: only sums, products, quotients and square
/// roots of doubles in one order, and a logarithm of its own, since that of a C library depends on the processor.
double normal_quantile(double p);

}  // namespace gan
