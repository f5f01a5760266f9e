#include <fedasio/dashboard/routes.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/store/model_store.hpp>

#include "router.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace fedasio::dashboard {
namespace {

namespace limits = plan::limits;

/// The parts of the path that stand for others, read into `at`; false: this is another path.
bool reaches(std::string_view pattern, std::string_view path, routed& at) {
    for (;;) {
        const auto wanted = pattern.substr(0, pattern.find('/'));
        const auto part = path.substr(0, path.find('/'));
        bool fits = part == wanted;
        if (wanted == "RUN") {
            fits = !part.empty() && part.find_first_not_of("0123456789abcdef") == std::string_view::npos;
            at.run = part;
        } else if (wanted == "NAME") {
            fits = store::is_model_name(part);
            at.name = part;
        } else if (wanted == "N") {
            const auto [stopped, ec] = std::from_chars(part.data(), part.data() + part.size(), at.number);
            fits = ec == std::errc() && stopped == part.data() + part.size();
        }
        if (!fits || wanted.size() == pattern.size() || part.size() == path.size()) {
            return fits && wanted.size() == pattern.size() && part.size() == path.size();
        }
        pattern.remove_prefix(wanted.size() + 1);
        path.remove_prefix(part.size() + 1);
    }
}

bool takes(const table_row& row, const http_request& request) {
    return row.method == request.method || (row.method != "POST" && request.is_read());
}

} // namespace

std::span<const table_row> router::table() {
    using kind = archive_question::kind;
    constexpr auto anyone = access::anyone;
    constexpr auto viewers = access::viewers;
    constexpr auto operators = access::operators;
    static const std::array<table_row, 37> rows{{
        {{"GET", "/", "", viewers, 0, "the page"}, &router::page},
        {{"POST", "/login", "", anyone, 1 * limits::kib,
          "with tokens: the form `token=T`; 303 to `/` and a session's cookie, or 401. `GET /?token=T` does "
          "likewise"},
         &router::log_in},
        {{"GET", "/api/v1/session", "", viewers, 0,
          "`{\"role\": \"viewer\" or \"operator\", \"protected\": bool}`: what this client may do, and "
          "whether tokens are asked for"},
         &router::session},
        {{"POST", "/api/v1/links", "", operators, 1 * limits::kib,
          "with tokens: a link by which others may watch and not steer. Body `{\"hours\": N}`, from 1 to "
          "2160; "
          "`{\"link\": \"?link=…\", \"expires\"}`, to be put behind the page's address; `expires` in Unix "
          "seconds. New tokens end all links"},
         &router::link},
        {{"GET", "/healthz", "", anyone, 0, "`200 ok` (text) while the master runs"}, &router::health},
        {{"GET", "/metrics", "", viewers, 0, "Prometheus text format"}, &router::metrics},
        {{"GET", "/api/v1/status", "", viewers, 0, "the status object below"}, &router::status},
        {{"GET", "/api/v1/workers", "", viewers, 0, "array of worker objects"}, &router::workers},
        {{"GET", "/api/v1/clients", "", viewers, 0, "array of client objects"}, &router::clients},
        {{"GET", "/api/v1/rounds", "", viewers, 0,
          "array of round objects, oldest first; those that are no longer in memory come from the history of "
          "the state folder, the latest 16 MiB of them"},
         &router::rounds},
        {{"GET", "/api/v1/rounds/summary", "", viewers, 0,
          "what the latest rounds of this process come to, also those whose events are not kept any more, "
          "see "
          "[below](#summary)"},
         &router::summary},
        {{"GET", "/api/v1/plan", "", viewers, 0,
          "the plan of this run as the master understood it, defaults filled in; what was "
          "[changed](#commands) since stands in the status"},
         &router::plan_of_run},
        {{"POST", "/api/v1/plan/check", "", viewers, limits::command_bytes,
          "body: the text of a plan. `{\"ok\": true, \"plan_digest\", \"plan\"}` with all defaults filled "
          "in, and a `note` if its [strategy](plan.md#strategy) takes memory out of the ordinary; or "
          "`{\"ok\": false, \"line\", \"column\", \"path\", \"message\"}`: the place from 1, columns in "
          "bytes, of the key that is wrong or of the object that lacks it"},
         &router::plan_check},
        {{"GET", "/api/v1/plan/schema", "", viewers, 0, "what a plan may say, see [below](#schema)"},
         &router::plan_schema},
        {{"GET", "/api/v1/data", "", viewers, 0,
          "how the tables were understood, see [below](#data); `null` before that, and for images"},
         &router::data},
        {{"GET", "/api/v1/report", "", viewers, 0,
          "the [report](operations.md#report) of this run so far; 404 before its first training"},
         &router::report},
        {{"GET", "/api/v1/model", "", viewers, 0,
          "the global weights as a safetensors file; 404 while there are none"},
         &router::archived<kind::model>},
        {{"GET", "/api/v1/models", "", viewers, 0,
          "saved models, the latest first: array of `{\"name\", \"saved\", \"bytes\", \"plan\", "
          "\"plan_digest\", \"run\", \"round\", \"kept\", \"weights_sha256\", \"test\"}`. `saved` is in Unix "
          "seconds, `kept` `best` or `last` if the master keeps it by itself, `test` what the test of that "
          "round has told, by the keys of a round object that begin with `test_`, if these are the weights "
          "that it made; what a file does not say "
          "is `null`. A file that is no model has `name` and `error`"},
         &router::archived<kind::models>},
        {{"GET", "/api/v1/models/NAME", "", viewers, 0,
          "a saved model; 409 if what bears its name cannot be read"},
         &router::archived<kind::saved_model>},
        {{"POST", "/api/v1/model/predict", "", viewers, most_tried_bytes,
          "what the global model says of a row or a picture, see [below](#predict); 404 while there is none, "
          "409 where the network, or the data, is for a trainer of one's own"},
         &router::predict},
        {{"POST", "/api/v1/models/NAME/predict", "", viewers, most_tried_bytes, "the same of a saved model"},
         &router::predict},
        {{"GET", "/api/v1/model/arrays/N/histogram", "", viewers, 0,
          "how the values of array N of the global model are spread, see [below](#histogram); N from 0, in "
          "the order of [`layers_measured`](#stream); 404 where there is none"},
         &router::archived<kind::histogram>},
        {{"GET", "/api/v1/models/NAME/arrays/N/histogram", "", viewers, 0, "the same of a saved model"},
         &router::archived<kind::histogram>},
        {{"GET", "/api/v1/samples/N", "", viewers, 0,
          "an image of the master's test set: `{\"index\", \"shape\": [channels, height, width], \"label\", "
          "\"pixels\"}`, pixels from 0 to 255, channel by channel, row by row; 404 for tables and without a "
          "test set"},
         &router::archived<kind::sample>},
        {{"GET", "/api/v1/events", "?after=N&limit=M", viewers, 0,
          "`{\"instance\", \"events\": [...], \"oldest\": O, \"newest\": P}`: events after number N that are "
          "still kept, of those from number O to P; M from 1 to 1000"},
         &router::events},
        {{"GET", "/api/v1/runs", "?plans=1", viewers, 0,
          "past runs and the present one: array of [run objects](#runs), the latest first, at most 1,000; "
          "with "
          "`plans=1` the latest have their `plan_json`, up to 4 MiB of them"},
         &router::runs},
        {{"GET", "/api/v1/runs/RUN", "", viewers, 0,
          "the run object, and besides `plan_json`, the whole plan, and `notes`, an array of `{\"time\", "
          "\"level\", \"text\"}`: the latest 1,000 things that were said"},
         &router::archived<kind::run>},
        {{"GET", "/api/v1/runs/RUN/report", "", viewers, 0,
          "its [report](operations.md#report), with the latest 16 MiB of rounds"},
         &router::archived<kind::report>},
        {{"GET", "/api/v1/runs/RUN/rounds", "", viewers, 0,
          "array of round objects, oldest first, the latest 16 MiB"},
         &router::archived<kind::rounds>},
        {{"GET", "/api/v1/runs/RUN/rounds/N/tests", "", viewers, 0,
          "array of what each client found when it tested the model of that round, as in `clients` of the "
          "[report](operations.md#report); `[]` on test files"},
         &router::archived<kind::tests>},
        {{"GET", "/api/v1/runs/RUN/rounds/N/clients", "", viewers, 0,
          "array of `{\"client\", \"worker\", \"samples\", \"loss\", \"accuracy\", \"seconds\", \"reason\", "
          "\"detail\"}`: who was dropped has a `reason` and no numbers. `worker` is a name"},
         &router::archived<kind::clients>},
        {{"GET", "/api/v1/runs/RUN/spreads", "", viewers, 0,
          "how what clients found of a model is spread, by round: array of `{\"round\", \"clients\", "
          "\"of\", \"low\", \"median\", \"high\", \"worst\"}`, oldest first, at most 120 rounds at "
          "even distances: so many clients have a result, `of` is `accuracy` or `rmse`, 10 % of them are "
          "below `low` and 90 % below `high`, and the five `worst` are `{\"client\", \"value\", "
          "\"samples\"}`, the worst first. Rounds with fewer than two results are left out"},
         &router::archived<kind::spreads>},
        {{"GET", "/api/v1/runs/RUN/evaluation", "", viewers, 0,
          "what its latest test says of each class, or of the values of a regression, as in "
          "[`model_evaluated`](#stream); `null` if it says nothing of them"},
         &router::archived<kind::evaluation>},
        {{"GET", "/api/v1/runs/RUN/lanes", "", viewers, 0,
          "what workers did in its latest 20 rounds: array of `{\"round\", \"states\"}`, where `states` is "
          "an "
          "array of `[time, name, state]` in the order of time, at most 4,000 a round"},
         &router::archived<kind::lanes>},
        {{"POST", "/api/v1/runs/RUN/labels", "", operators, 16 * limits::kib,
          "writes down what people say of a run, in place of what was there: `{\"name\", \"note\", \"tags\": "
          "[...], \"pinned\": bool}`, each may be missing; the answer is what is kept, and stands as "
          "`labels` "
          "in the run object"},
         &router::label},
        {{"POST", "/api/v1/commands", "", operators, limits::command_bytes,
          "runs a command, see [below](#commands)"},
         &router::command},
        {{"WebSocket", "/api/v1/stream", "?after=N&instance=I&batch=1", viewers, 0,
          "a snapshot, then events as they happen, see [below](#stream)"},
         &router::stream},
    }};
    return rows;
}

std::vector<route> all_routes() {
    const auto rows = router::table();
    return {rows.begin(), rows.end()};
}

std::optional<std::pair<const table_row*, routed>> find_route(const http_request& request) {
    for (const auto& row : router::table()) {
        routed at{request};
        if (takes(row, request) && reaches(row.path, request.path(), at)) {
            return std::pair(&row, at);
        }
    }
    return std::nullopt;
}

std::string methods_at(std::string_view path) {
    const http_request none;
    std::string methods;
    for (const auto& row : router::table()) {
        routed at{none};
        if (reaches(row.path, path, at)) {
            methods +=
                (methods.empty() ? "" : ", ") + std::string(row.method == "POST" ? "POST" : "GET, HEAD");
        }
    }
    return methods;
}

access least_access_at(std::string_view path) {
    const http_request none;
    auto least = access::viewers;
    for (const auto& row : router::table()) {
        routed at{none};
        if (reaches(row.path, path, at)) {
            least = std::min(least, row.needs);
        }
    }
    return least;
}

} // namespace fedasio::dashboard
