#include <fedasio/dashboard/metrics.hpp>

#include "json_scalar.hpp"
#include <array>
#include <charconv>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <utility>

namespace fedasio::dashboard {
namespace {

using master::phase;

struct label {
    std::string_view name;
    std::string_view value;
};

class exposition {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_.append("# HELP ").append(name).append(" ").append(help);
        text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
    }

    template <class Number>
    void sample(Number value, std::initializer_list<label> labels = {}) {
        text_ += name_;
        char separator = '{';
        for (const auto& [name, content] : labels) {
            text_ += separator;
            text_.append(name).append("=\"");
            append_escaped(content);
            text_ += '"';
            separator = ',';
        }
        text_ += labels.size() == 0 ? " " : "} ";
        append(value);
        text_ += '\n';
    }

    std::string finish() && { return std::move(text_); }

private:
    void append_escaped(std::string_view content) {
        const auto clean = json_text(content);
        for (const char c : clean) {
            if (c == '\n') {
                text_ += "\\n";
            } else {
                if (c == '\\' || c == '"') {
                    text_ += '\\';
                }
                text_ += c;
            }
        }
    }

    void append(std::integral auto value) { text_ += std::to_string(value); }

    void append(double value) {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text_.append(digits.data(), end);
    }

    std::string text_;
    std::string_view name_;
};

void gauge_if(exposition& out, std::string_view name, std::string_view help,
              const std::optional<double>& value) {
    if (value) {
        out.family(name, "gauge", help);
        out.sample(*value);
    }
}

void write_run(exposition& out, const board& from) {
    const auto& run = from.run();
    out.family("fedasio_info", "gauge", "What runs here; always 1.");
    out.sample(1, {{"version", run.opened.version},
                   {"plan", run.opened.plan},
                   {"plan_digest", run.opened.plan_digest},
                   {"instruction_set", run.opened.instruction_set},
                   {"task", run.opened.regression ? "regression" : "classification"}});
    out.family("fedasio_phase", "gauge", "1 for the phase that the run is in, 0 for the others.");
    for (std::size_t i = 0; i < master::phase_count; ++i) {
        const auto which = static_cast<phase>(i);
        out.sample(which == run.now ? 1 : 0, {{"phase", to_string(which)}});
    }
    out.family("fedasio_round", "gauge", "The round that runs, or the last one done.");
    out.sample(run.round);
    out.family("fedasio_checkpoint_round", "gauge", "The last round that is safe on disk.");
    out.sample(run.checkpoint_round);
    out.family("fedasio_last_round", "gauge", "The round after which training ends.");
    out.sample(run.opened.last_round);
    out.family("fedasio_model_parameters", "gauge", "Parameters of the model.");
    out.sample(run.parameters);
    out.family("fedasio_workers", "gauge", "Connected workers.");
    out.sample(from.workers_here());
    out.family("fedasio_clients", "gauge", "Clients that a connected worker hosts.");
    out.sample(from.clients_hosted());
}

void write_totals(exposition& out, const board& from) {
    const auto& totals = from.totals();
    out.family("fedasio_rounds_total", "counter", "Finished rounds.");
    out.sample(totals.rounds);
    out.family("fedasio_updates_total", "counter", "Updates received from clients.");
    out.sample(totals.updates);
    out.family("fedasio_dropped_total", "counter", "Clients dropped from a round, by reason.");
    for (const auto& [reason, count] : totals.dropped) {
        out.sample(count, {{"reason", reason}});
    }
    out.family("fedasio_phase_seconds_total", "counter", "Time that finished rounds spent in each phase.");
    for (const phase which : {phase::loading_dataset, phase::distributing_model, phase::distributing_weights,
                              phase::training, phase::aggregating, phase::evaluating}) {
        out.sample(totals.phase_seconds[static_cast<std::size_t>(which)], {{"phase", to_string(which)}});
    }
    out.family("fedasio_bytes_sent_total", "counter", "Bytes that finished rounds sent to workers.");
    out.sample(totals.bytes_sent);
    out.family("fedasio_bytes_received_total", "counter",
               "Bytes that finished rounds received from workers.");
    out.sample(totals.bytes_received);
}

/// Of what trainers of one's own tell, of which there are few: a sample for each name.
void write_own_metrics(exposition& out, std::string_view name, std::string_view help,
                       const plan::own_metrics& metrics) {
    if (metrics.empty()) {
        return;
    }
    out.family(name, "gauge", help);
    for (const auto& [metric, value] : metrics) {
        out.sample(value, {{"metric", metric}});
    }
}

void write_last_round(exposition& out, const board& from) {
    const auto& last = from.last_result();
    if (!last) {
        return;
    }
    gauge_if(out, "fedasio_train_loss", "Training loss of the last finished round.", last->train_loss);
    gauge_if(out, "fedasio_train_accuracy", "Training accuracy of the last finished round.",
             last->train_accuracy);
    gauge_if(out, "fedasio_test_loss", "Test loss of the last finished round.", last->test_loss);
    gauge_if(out, "fedasio_test_accuracy", "Test accuracy of the last finished round.", last->test_accuracy);
    gauge_if(out, "fedasio_test_r2", "Coefficient of determination of the last round's test.", last->test_r2);
    gauge_if(out, "fedasio_test_rmse",
             "Root mean squared error of the last round's test, in the label's unit.", last->test_rmse);
    gauge_if(out, "fedasio_test_mae", "Mean absolute error of the last round's test, in the label's unit.",
             last->test_mae);
    gauge_if(out, "fedasio_test_auc", "Area under the ROC curve of the last round's test.", last->test_auc);
    write_own_metrics(out, "fedasio_train_metric", "What trainers tell with the updates of the last round.",
                      last->train_metrics);
    write_own_metrics(out, "fedasio_test_metric", "What trainers tell with the last round's test.",
                      last->test_metrics);
    out.family("fedasio_test_samples", "gauge", "Samples in the last round's test.");
    out.sample(last->test_samples);
    out.family("fedasio_test_partial", "gauge", "1 if clients are missing in the last round's test.");
    out.sample(last->test_partial ? 1 : 0);
}

/// One gauge with a sample for each connected worker that `value_of` has a value for.
template <class ValueOf>
void write_workers(exposition& out, const board& from, std::string_view name, std::string_view help,
                   ValueOf value_of) {
    out.family(name, "gauge", help);
    for (const auto& [id, worker] : from.workers()) {
        const auto value = value_of(worker);
        if (worker.state != master::worker_state::gone && value) {
            out.sample(*value, {{"worker", std::to_string(id)}, {"name", worker.name}});
        }
    }
}

} // namespace

std::string metrics_text(const board& from) {
    exposition out;
    write_run(out, from);
    write_totals(out, from);
    write_last_round(out, from);
    write_workers(out, from, "fedasio_worker_cpu_ratio", "Processor cores that the worker keeps busy.",
                  [](const worker_row& worker) {
                      return worker.cpu_percent ? std::optional(*worker.cpu_percent / 100) : std::nullopt;
                  });
    write_workers(out, from, "fedasio_worker_memory_bytes", "Resident memory of the worker.",
                  [](const worker_row& worker) { return worker.memory_bytes; });
    write_workers(out, from, "fedasio_worker_round_trip_seconds", "Round trip to the worker.",
                  [](const worker_row& worker) {
                      return worker.round_trip_ms ? std::optional(*worker.round_trip_ms / 1000)
                                                  : std::nullopt;
                  });
    return std::move(out).finish();
}

} // namespace fedasio::dashboard
