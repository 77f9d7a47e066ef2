#pragma once

#include <string>
#include <string_view>

namespace gan {

/// The pages in src/exports/pages, which the build puts into the library.
extern const std::string_view kReportPage, kExplorerPage;

/// A page, complete with what it shows: JSON in the place of its @DATA@.
std::string page_with(std::string_view page, const std::string& json);

}  // namespace gan
