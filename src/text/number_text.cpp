#include <fedasio/text/number_text.hpp>

#include <array>
#include <charconv>

namespace fedasio::text {

namespace {

template <class Number>
std::string shortest_digits(Number number) {
    std::array<char, 32> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

} // namespace

std::string number_text(double number) {
    return shortest_digits(number);
}

std::string number_text(float number) {
    return shortest_digits(number);
}

} // namespace fedasio::text
