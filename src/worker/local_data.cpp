#include <fedasio/data/data_description.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/data/file_identity.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/data/image_folder.hpp>
#include <fedasio/data/partition.hpp>
#include <fedasio/data/table_files.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/worker/local_data.hpp>

#include <boost/json/object.hpp>

#include <stdexcept>
#include <utility>

namespace fedasio::worker {
namespace {

using data_path = std::optional<std::filesystem::path>;

/// The files of this machine that a source names.
std::vector<std::filesystem::path> files_of(const data::source_spec& source, const data_path& data) {
    if (const auto* idx = std::get_if<data::idx_source>(&source)) {
        if (data && !std::filesystem::is_directory(*data)) {
            throw data::error::in_file(*data,
                                       "is not a folder; for IDX data --data names the folder that holds " +
                                           std::filesystem::path(idx->train_images).filename().string());
        }
        return {locate(idx->train_images, data), locate(idx->train_labels, data)};
    }
    if (plan::is_for_trainer(source)) {
        throw data::error("the plan's data is for a trainer of one's own to read: start this worker with "
                          "--trainer");
    }
    return data::table_files(locate(std::get<data::csv_source>(source).train, data));
}

/// A plan's folder is that of the same name in --data, where there is one, else --data itself.
data::image_list images_of(const data::image_source& source, const data_path& data) {
    auto folder = data.value_or(source.train);
    if (data && !source.train.empty()) {
        const auto below = *data / std::filesystem::path(source.train).filename();
        folder = std::filesystem::is_directory(below) ? below : folder;
    }
    if (folder.empty()) {
        throw data::error("the plan names no training folder: start this worker with --data FOLDER");
    }
    const auto labels =
        source.train_labels.empty() ? std::filesystem::path() : locate(source.train_labels, data);
    return data::list_images(folder, labels, source.classes);
}

/// Two loads with the same origin read the same samples: the same files, unchanged, in the same way.
std::string origin_of(const wire::load& what, const data_path& data) {
    auto text = text::canonical_text(plan::to_json(what.source));
    if (const auto* images = std::get_if<data::image_source>(&what.source)) {
        return text + data::identity_of(images_of(*images, data));
    }
    for (const auto& file : files_of(what.source, data)) {
        text += data::file_identity(file);
    }
    if (what.schema) {
        text += text::canonical_text(plan::to_json(*what.schema));
    }
    return text;
}

std::shared_ptr<const data::dataset> read_samples(const wire::load& what, const data_path& data,
                                                  unsigned threads) {
    if (const auto* images = std::get_if<data::image_source>(&what.source)) {
        return std::make_shared<const data::dataset>(read_local_images(*images, data, threads));
    }
    if (std::holds_alternative<data::idx_source>(what.source)) {
        const auto files = files_of(what.source, data);
        return std::make_shared<const data::dataset>(data::read_idx(files[0], files[1]));
    }
    if (!what.schema) {
        throw data::error("the master sent no schema for the table");
    }
    const auto table = locate(std::get<data::csv_source>(what.source).train, data);
    return std::make_shared<const data::dataset>(data::read_csv(table, *what.schema));
}

} // namespace

std::filesystem::path locate(const std::string& in_plan, const data_path& data) {
    if (!data) {
        if (in_plan.empty()) {
            throw data::error(
                "the plan names no training file: start this worker with --data FILE, or a folder of files");
        }
        return in_plan;
    }
    if (in_plan.empty() || !std::filesystem::is_directory(*data)) {
        return *data;
    }
    return *data / std::filesystem::path(in_plan).filename();
}

data::dataset read_local_images(const data::image_source& source, const data_path& data, unsigned threads) {
    return data::read_images(source, images_of(source, data), threads);
}

table_summary summarize(const wire::survey& what, const data_path& data) {
    const auto* csv = std::get_if<data::csv_source>(&what.source);
    if (csv == nullptr) {
        throw data::error("only tables are summarised");
    }
    const auto file = locate(csv->train, data);
    auto survey = data::survey_csv(file, *csv, what.regression);
    data::require_no_problems(survey);
    if (const auto problem = wire::problem_of_size(survey.summary); !problem.empty()) {
        throw data::error::in_file(file, problem);
    }
    const data::owner_summary alone{"this table", std::move(survey.summary)};
    const auto schema = data::merge_owners(std::span(&alone, 1), *csv, what.regression).schema;
    table_summary result{alone.summary, {}, std::move(survey.notes)};
    if (schema) {
        result.description = data::description_line(data::describe(*schema, std::span(&alone, 1)));
    }
    return result;
}

local_data::local_data(const wire::load& what, const data_path& data, sample_cache& cache, unsigned threads)
    : samples_(cache.get([&] { return origin_of(what, data); },
                         [&] { return read_samples(what, data, threads); })) {
    const bool local = what.partition.type == data::partition_spec::scheme::local;
    if (local && what.clients.size() > 1) {
        throw std::invalid_argument("with the partition 'local' a worker hosts one client, its own data");
    }
    std::vector<std::vector<std::uint32_t>> parts;
    if (!local) {
        parts = data::partition(what.partition, samples().classes(), samples().size(), what.clients_total,
                                what.seed);
    }
    for (const auto client : what.clients) {
        const auto own = local ? data::client_indices(what.partition, samples().classes(), samples().size(),
                                                      what.clients_total, client, what.seed)
                               : std::move(parts.at(client));
        clients_[client] = data::split_holdout(own, what.holdout, what.seed, client);
    }
}

std::vector<std::uint64_t> local_data::label_counts(std::uint32_t client) const {
    std::vector<std::uint64_t> counts(samples().class_count());
    const auto* own = find(client);
    if (own != nullptr && !counts.empty()) {
        for (const auto index : own->train) {
            ++counts[static_cast<std::size_t>(samples().classes()[index])];
        }
    }
    return counts;
}

const data::holdout* local_data::find(std::uint32_t client) const {
    const auto found = clients_.find(client);
    return found == clients_.end() ? nullptr : &found->second;
}

} // namespace fedasio::worker
