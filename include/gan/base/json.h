#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gan {

// JSON (RFC 8259) as text on one line. Objects and arrays take the texts of their values.

std::string json_number(double value);           ///< null for nan and infinity, which JSON lacks
std::string json_string(std::string_view text);  ///< UTF-8; in quotes, escaped where it must be

using JsonFields = std::vector<std::pair<std::string, std::string>>;  ///< name and value
std::string json_object(const JsonFields& fields);
std::string json_array(const std::vector<std::string>& values);
std::string json_strings(const std::vector<std::string>& texts);  ///< an array of them

}  // namespace gan
