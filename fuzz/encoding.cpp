#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/survey.hpp>

#include "memory_file.hpp"
#include "meta.hpp"
#include "samples.hpp"
#include "target.hpp"
#include <cmath>

// What the other side tells of tables. A summary is merged into a schema as the master does, and by the
// schema of a load a table is read as a worker does. Both must be sound, or refused.

namespace {

namespace data = fedasio::data;
namespace text = fedasio::text;
namespace wire = fedasio::wire;
namespace fuzz = fedasio::fuzz;

void merge(const boost::json::object& meta, bool regression) {
    data::csv_source source;
    source.label = "y";
    const auto summary = wire::read_summary(meta);
    const auto schema = data::merge(std::span(&summary, 1), source, regression);
    fuzz::require(feature_count(schema) > 0, "there are inputs");
    for (const auto& column : schema.columns) {
        fuzz::require(std::isfinite(column.mean) && std::isfinite(column.deviation), "moments are finite");
    }
}

void read(const boost::json::object& meta) {
    static fuzz::memory_file file;
    const auto load = wire::read_load(meta);
    if (load.schema) {
        fuzz::check_samples(
            data::read_csv(file.holding("a,b,c,y\n1,one,x,1\n-2.5,two,y,2\n,,,3\n"), *load.schema));
    }
}

template <class Step>
void refuse_or(Step step) {
    try {
        step();
    } catch (const text::field_error&) {
        return;
    } catch (const data::error&) {
        return;
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto meta = fuzz::received(fuzz::as_text(bytes, size));
    if (meta) {
        refuse_or([&] { merge(*meta, false); });
        refuse_or([&] { merge(*meta, true); });
        refuse_or([&] { read(*meta); });
    }
    return 0;
}
