#include "master/evaluation_summary.hpp"

#include <fedasio/nn/value_histogram.hpp>
#include <fedasio/nn/value_sums.hpp>
#include <fedasio/plan/limits.hpp>

#include "master/own_metrics.hpp"
#include <utility>

namespace fedasio::master {
namespace {

test_result to_result(const wire::evaluation& one, const evaluation_terms& terms, std::size_t bins) {
    test_result result;
    result.samples = one.samples;
    result.loss_sum = one.loss_sum;
    result.correct = one.correct;
    result.regression = terms.is_open ? !one.tells_correct : terms.classes == 0;
    result.is_own_loss = terms.is_open && !one.absolute_sum;
    result.confusion = one.confusion;
    result.scores = one.scores;
    result.score_bins = bins;
    result.absolute_sum = one.absolute_sum;
    result.label_m2 = one.label_mean ? one.label_m2 : std::nullopt;
    result.own = one.metrics;
    return result;
}

/// Adds up what each client tells, as long as every one does.
class summing {
public:
    summing(const evaluation_terms& terms, nn::score_counts scores)
        : scores_(std::move(scores)), tells_scores_(scores_.classes() > 0), tells_histogram_(terms.histogram),
          regression_(terms.classes == 0), is_open_(terms.is_open) {
        all_.confusion.resize(terms.classes <= plan::limits::shown_classes ? terms.classes * terms.classes
                                                                           : 0);
    }

    void add(const wire::evaluation& one) {
        if (one.samples == 0) {
            return;
        }
        all_.samples += one.samples;
        all_.loss_sum += one.loss_sum;
        all_.correct += one.correct;
        own_.add(one.metrics, one.samples);
        tells_correct_ = tells_correct_ && one.tells_correct;
        if (one.confusion.empty()) {
            all_.confusion.clear();
        }
        for (std::size_t k = 0; k < all_.confusion.size(); ++k) {
            all_.confusion[k] += one.confusion[k];
        }
        tells_scores_ = tells_scores_ && !one.scores.empty();
        if (tells_scores_) {
            scores_.add(one.scores);
        }
        tells_histogram_ = tells_histogram_ && !one.histogram.empty();
        if (tells_histogram_) {
            histogram_.add(one.histogram);
        }
        tells_errors_ = tells_errors_ && one.absolute_sum;
        tells_labels_ = tells_labels_ && one.label_mean && one.label_m2;
        values_.add({one.samples, one.absolute_sum.value_or(0), one.label_mean.value_or(0),
                     one.label_m2.value_or(0)});
    }

    test_result finish() && {
        regression_ = is_open_ ? !tells_correct_ : regression_;
        all_.regression = regression_;
        all_.is_own_loss = is_open_ && !tells_errors_;
        all_.own = own_.finish();
        if (regression_ && tells_errors_) {
            all_.absolute_sum = values_.absolute;
        }
        if (regression_ && tells_labels_) {
            all_.label_m2 = values_.label_m2;
        }
        if (tells_scores_) {
            take_scores(all_, scores_);
        }
        if (tells_histogram_) {
            all_.histogram = histogram_.occupied();
        }
        return std::move(all_);
    }

private:
    test_result all_;
    nn::score_counts scores_;
    nn::value_histogram histogram_;
    nn::value_sums values_;
    metric_means own_;
    bool tells_scores_;
    bool tells_histogram_;
    bool tells_errors_ = true;
    bool tells_labels_ = true;
    bool tells_correct_ = true;
    bool regression_;
    bool is_open_;
};

std::optional<double> median_of(const std::vector<clients_evaluated::one>& clients,
                                std::optional<double> test_metrics::* metric) {
    std::vector<double> values;
    for (const auto& client : clients) {
        if (const auto& value = client.metrics.*metric) {
            values.push_back(*value);
        }
    }
    return median(std::move(values));
}

} // namespace

evaluation_summary summarize(const std::map<client_id, wire::evaluation>& results,
                             const evaluation_terms& terms, double unit) {
    const nn::score_counts scores(terms.score_cells > 0 ? terms.classes : 0);
    summing sum(terms, scores);
    evaluation_summary summary;
    for (const auto& [client, result] : results) {
        sum.add(result);
        summary.clients.push_back(
            {client, result.samples, to_result(result, terms, scores.bins()).metrics(unit), {}});
    }
    summary.all = std::move(sum).finish();
    for (const auto metric : {&test_metrics::loss, &test_metrics::accuracy, &test_metrics::r2,
                              &test_metrics::rmse, &test_metrics::mae, &test_metrics::auc}) {
        summary.median.*metric = median_of(summary.clients, metric);
    }
    return summary;
}

void take_medians(round_result& into, const test_metrics& median) {
    into.test_loss_median = median.loss;
    into.test_accuracy_median = median.accuracy;
    into.test_r2_median = median.r2;
    into.test_rmse_median = median.rmse;
    into.test_mae_median = median.mae;
    into.test_auc_median = median.auc;
}

} // namespace fedasio::master
