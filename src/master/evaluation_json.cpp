#include <fedasio/master/report.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cmath>
#include <span>

namespace fedasio::master {

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
    return json;
}

} // namespace fedasio::master
