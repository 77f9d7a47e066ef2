#pragma once

#include <string>
#include <string_view>

namespace gan {

/// Bytes as text (RFC 4648, section 4), as pages hold pictures and weights.
std::string base64(std::string_view bytes);

}  // namespace gan
