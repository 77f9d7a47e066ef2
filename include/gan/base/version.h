#pragma once

#include <string>

namespace gan {

/// The version of this library: "0.1.0".
std::string gan_version();

/// The version of the loaded LibTorch, from its folder: "2.13.0". If its folder does not say, that of the LibTorch that
/// this program was built with.
std::string libtorch_version();

/// The version of the LibTorch that this program was built with.
std::string libtorch_built_with();

/// Says which LibTorch is loaded, and from where, if its version differs from the one that this program was built with,
/// as LD_LIBRARY_PATH may cause. Otherwise empty.
std::string libtorch_mismatch();

/// The version in the folder of a LibTorch, from version.py (a wheel) or build-version (a zip file), without its build
/// ("+cpu"). Empty if there is none.
std::string libtorch_version_in(const std::string& folder);

}  // namespace gan
