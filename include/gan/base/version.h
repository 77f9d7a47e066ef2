#pragma once

#include <string>

namespace gan {

/// "0.1.0": of this library.
std::string gan_version();

/// "2.13.0": of the LibTorch that is loaded, as its folder says, or, where that says nothing, of the one that this
/// program was built with.
std::string libtorch_version();

/// Of the one that this program was built with.
std::string libtorch_built_with();

/// If the loaded LibTorch is of another version than the one this program was built with (LD_LIBRARY_PATH brings one):
/// which, and where it lies. Else empty.
std::string libtorch_mismatch();

/// For both: the version that the folder of a LibTorch names, in version.py (a wheel) or build-version (a zip file),
/// without its build ("+cpu"); empty if it names none.
std::string libtorch_version_in(const std::string& folder);

}  // namespace gan
