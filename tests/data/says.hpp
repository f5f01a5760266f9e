#pragma once

#include <boost/test/unit_test.hpp>

#include <exception>
#include <string>
#include <vector>

namespace fedasio::data::test {

/// For BOOST_CHECK_EXCEPTION: the text of the exception has every one of these parts.
inline auto says(std::vector<std::string> parts) {
    return [parts = std::move(parts)](const std::exception& thrown) {
        const std::string text = thrown.what();
        for (const std::string& part : parts) {
            if (text.find(part) == std::string::npos) {
                BOOST_TEST_MESSAGE("no \"" << part << "\" in: " << text);
                return false;
            }
        }
        return text.find('\n') == std::string::npos;
    };
}

} // namespace fedasio::data::test
