#include <fedasio/simulation/curve.hpp>
#include <fedasio/text/input_file.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <string_view>

namespace fedasio::simulation {

namespace {

constexpr std::string_view header = "round,train_loss,train_accuracy,test_loss,test_accuracy,seconds,dropped,"
                                    "test_r2,test_rmse,test_mae,test_auc";

template <class Number>
void write(std::string& line, Number value) {
    std::array<char, 32> digits{};
    line.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

/// A field each; empty for what does not exist.
void write_known(std::string& line, std::initializer_list<std::optional<double>> values) {
    for (const auto& value : values) {
        line += ',';
        if (value && std::isfinite(*value)) {
            write(line, *value);
        }
    }
}

/// Takes numbers off the front of a line.
class fields {
public:
    explicit fields(std::string_view line) : rest_(line) {}

    template <class Number>
    std::optional<Number> next() {
        const auto comma = rest_.find(',');
        const auto text = rest_.substr(0, comma);
        rest_.remove_prefix(comma == std::string_view::npos ? rest_.size() : comma + 1);
        ++count_;
        if (text.empty()) {
            return std::nullopt;
        }
        Number value{};
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        damaged_ = damaged_ || problem != std::errc() || end != text.data() + text.size();
        return value;
    }

    [[nodiscard]] bool whole(std::string_view line) const {
        return !damaged_ && rest_.empty() && std::ranges::count(line, ',') + 1 == count_;
    }

private:
    std::string_view rest_;
    std::ptrdiff_t count_ = 0;
    bool damaged_ = false;
};

std::optional<curve_point> parse(std::string_view line) {
    fields values(line);
    curve_point point;
    const auto round = values.next<std::uint32_t>();
    point.train_loss = values.next<double>();
    point.train_accuracy = values.next<double>();
    point.test_loss = values.next<double>();
    point.test_accuracy = values.next<double>();
    const auto seconds = values.next<double>();
    const auto dropped = values.next<std::uint64_t>();
    point.test_r2 = values.next<double>();
    point.test_rmse = values.next<double>();
    point.test_mae = values.next<double>();
    point.test_auc = values.next<double>();
    if (!values.whole(line) || !round || !seconds || !dropped) {
        return std::nullopt;
    }
    point.round = *round;
    point.seconds = *seconds;
    point.dropped = *dropped;
    return point;
}

} // namespace

std::optional<double> rounds_to_target(std::span<const curve_point> curve, double target) {
    std::optional<double> best;
    for (const auto& point : curve) {
        const auto accuracy = point.test_accuracy;
        if (!accuracy) {
            continue;
        }
        if (*accuracy >= target) {
            return best ? point.round - 1 + (target - *best) / (*accuracy - *best) : point.round;
        }
        best = std::max(best.value_or(0), *accuracy);
    }
    return std::nullopt;
}

std::string curve_header() {
    return std::string(header) + "\n";
}

std::string curve_line(const curve_point& point) {
    std::string line;
    write(line, point.round);
    write_known(line, {point.train_loss, point.train_accuracy, point.test_loss, point.test_accuracy});
    line += ',';
    write(line, point.seconds);
    line += ',';
    write(line, point.dropped);
    write_known(line, {point.test_r2, point.test_rmse, point.test_mae, point.test_auc});
    return line + "\n";
}

std::vector<curve_point> read_curve(const std::filesystem::path& file) {
    std::vector<curve_point> curve;
    if (!std::filesystem::exists(file)) {
        return curve;
    }
    auto in = text::open_input(file);
    std::string line;
    std::getline(in, line);
    if (line != header) {
        return curve;
    }
    // At the end of the file a line without its end was cut off while it was written.
    while (std::getline(in, line) && !in.eof()) {
        const auto point = parse(line);
        if (!point || point->round != curve.size() + 1) {
            break;
        }
        curve.push_back(*point);
    }
    return curve;
}

} // namespace fedasio::simulation
