#include <fedasio/master/report.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cmath>
#include <span>
#include <utility>

namespace fedasio::master {
namespace {

boost::json::object to_json(const model_evaluated::value_counts& what) {
    constexpr auto bins = nn::value_histogram::bins;
    boost::json::array cells;
    cells.reserve(what.cells.size());
    for (const auto& [place, count] : what.cells) {
        cells.push_back(boost::json::array{place / bins, place % bins, count});
    }
    return {{"label", what.label},
            {"low", what.low},
            {"width", what.width},
            {"bins", bins},
            {"cells", std::move(cells)}};
}

} // namespace

boost::json::object to_json(const model_evaluated& what) {
    boost::json::object json{{"round", what.round}, {"samples", what.samples}};
    json["classes"] = boost::json::array(what.classes.begin(), what.classes.end());
    json["confusion"] = nullptr;
    if (!what.confusion.empty()) {
        const auto width = what.classes.size();
        boost::json::array rows;
        for (std::size_t row = 0; row < width; ++row) {
            const auto counts = std::span(what.confusion).subspan(row * width, width);
            rows.push_back(boost::json::array(counts.begin(), counts.end()));
        }
        json["confusion"] = std::move(rows);
    }
    boost::json::array wrong;
    for (const auto& mistake : what.wrong) {
        const bool is_known = std::isfinite(mistake.confidence);
        wrong.push_back(boost::json::object{
            {"index", mistake.index},
            {"label", mistake.label},
            {"predicted", mistake.predicted},
            {"confidence", is_known ? boost::json::value(mistake.confidence) : boost::json::value(nullptr)}});
    }
    json["wrong"] = std::move(wrong);
    if (what.histogram) {
        json["histogram"] = to_json(*what.histogram);
    }
    return json;
}

} // namespace fedasio::master
