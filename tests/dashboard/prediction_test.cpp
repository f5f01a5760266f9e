#include <fedasio/dashboard/prediction_json.hpp>
#include <fedasio/plan/applied_model.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>
#include <zlib.h>

#include "live_server.hpp"
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace dashboard = fedasio::dashboard;
namespace data = fedasio::data;
namespace nn = fedasio::nn;
using dashboard::archive_answer;
using dashboard::archive_question;
using fedasio::plan::trained_model;
using live::ask;
using live::awaitable;
using live::fixture;
using live::raw_connection;
using live::until;

trained_model model_of(nn::shape input, std::uint32_t units, nn::activation act,
                       const std::vector<float>& weights) {
    nn::model_spec spec;
    spec.input = input;
    if (act != nn::activation::softmax) {
        spec.objective = nn::loss::mean_squared_error;
    }
    if (input.height > 1) {
        spec.layers.emplace_back(nn::flatten{});
    }
    nn::dense layer;
    layer.units = units;
    layer.act = act;
    spec.layers.emplace_back(layer);
    nn::network network(std::move(spec));
    BOOST_REQUIRE(network.parameter_count() == weights.size());
    fedasio::net::buffer bytes(weights.size() * sizeof(float));
    std::ranges::copy(weights, bytes.floats().begin());
    return {std::move(network), fedasio::net::payload(std::move(bytes)), std::nullopt, {}, {{"round", "12"}}};
}

/// Inputs: (size - 1) / 2, red, blue; the classes get the sum, and its negative.
trained_model of_a_table() {
    auto model = model_of({1, 1, 3}, 2, nn::activation::softmax, {1, -1, 1, -1, 1, -1, 0, 0});
    data::csv_schema schema;
    schema.label = "kind";
    schema.classes = {"up", "down"};
    schema.columns = {{"size", data::csv_column::kind::numeric, 1, 2, {}},
                      {"note", data::csv_column::kind::ignored, 0, 0, {}},
                      {"shade", data::csv_column::kind::categorical, 0, 0, {"red", "blue"}}};
    schema.notation.decimal = ',';
    model.schema = schema;
    return model;
}

archive_question row(std::string text) {
    archive_question question{archive_question::kind::prediction};
    question.sample = std::move(text);
    return question;
}

archive_question picture(std::string bytes) {
    auto question = row(std::move(bytes));
    question.is_picture = true;
    return question;
}

boost::json::value told(const trained_model& model, const archive_question& question) {
    const auto answer = dashboard::prediction_of(model, question);
    BOOST_TEST(answer.status == 200U, answer.body);
    return fedasio::text::parse_json(answer.body);
}

std::string refused(const trained_model& model, const archive_question& question) {
    const auto answer = dashboard::prediction_of(model, question);
    BOOST_TEST(answer.status == 400U, answer.body);
    return answer.body;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void add(std::string& to, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        to += static_cast<char>(number >> static_cast<unsigned>(shift));
    }
}

void add_chunk(std::string& to, const std::string& kind, const std::string& content) {
    add(to, static_cast<std::uint32_t>(content.size()));
    const auto whole = kind + content;
    to += whole;
    add(to, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(whole.data()),
                                             static_cast<uInt>(whole.size())))); // NOLINT
}

/// A grey PNG that claims this size and has these pixels.
std::string png(std::uint32_t height, std::uint32_t width, const std::string& pixels) {
    std::string rows;
    for (std::size_t y = 0; y * width < pixels.size(); ++y) {
        rows += '\0' + pixels.substr(y * width, width);
    }
    std::string packed(compressBound(rows.size()), '\0');
    auto size = static_cast<uLongf>(packed.size());
    compress(reinterpret_cast<Bytef*>(packed.data()), &size,
             reinterpret_cast<const Bytef*>(rows.data()), // NOLINT
             rows.size());
    packed.resize(size);
    std::string header;
    add(header, width);
    add(header, height);
    header += std::string("\x08\0\0\0\0", 5);
    std::string file = "\x89PNG\r\n\x1a\n";
    add_chunk(file, "IHDR", header);
    add_chunk(file, "IDAT", packed);
    add_chunk(file, "IEND", "");
    return file;
}

} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_predictions)

BOOST_AUTO_TEST_CASE(a_row_of_texts_and_numbers) {
    const auto model = of_a_table();
    const auto expected = 1 / (1 + std::exp(-2.0 * ((2.5 - 1) / 2 + 1)));
    // Texts as in the table, whose decimal sign is a comma; numbers as in JSON. The label is not looked at.
    for (const auto* size : {R"("2,5")", "2.5", "25e-1"}) {
        const auto answer = told(model, row(std::string(R"({"row": {"shade": "blue", "size": )") + size +
                                            R"(, "kind": "what", "more": 1}})"));
        BOOST_TEST(answer.at("prediction").as_string() == "up");
        BOOST_TEST(answer.at("round").to_number<int>() == 12);
        BOOST_TEST(answer.at("model").is_null());
        BOOST_TEST(answer.at("task").as_string() == "classification");
        BOOST_TEST(answer.at("probabilities").as_bool());
        BOOST_TEST(answer.at("unused") == boost::json::array{"more"});
        const auto& outputs = answer.at("outputs").as_array();
        BOOST_TEST_REQUIRE(outputs.size() == 2U);
        BOOST_TEST(outputs[1].at("class").as_string() == "down");
        BOOST_TEST(std::abs(outputs[0].at("value").as_double() - expected) < 1e-6);
    }
    // Missing: the mean, and no category.
    for (const auto* none :
         {R"({"row": {"shade": "", "size": null}})", R"({"row": {"shade": "NA", "size": ""}})"}) {
        BOOST_TEST(told(model, row(none)).at("outputs").at(0).at("value").as_double() == 0.5);
    }
}

BOOST_AUTO_TEST_CASE(a_number_comes_in_the_unit_of_the_label) {
    auto model = model_of({1, 1, 1}, 1, nn::activation::linear, {3, 0.5F});
    data::csv_schema schema;
    schema.regression = true;
    schema.label = "price";
    schema.columns = {{"size", data::csv_column::kind::numeric, 0, 1, {}}};
    schema.label_mean = 1000;
    schema.label_deviation = 10;
    model.schema = schema;
    const auto answer = told(model, row(R"({"row": {"size": 2}})"));
    BOOST_TEST(answer.at("task").as_string() == "regression");
    BOOST_TEST(answer.at("label").as_string() == "price");
    BOOST_TEST(answer.at("prediction").to_number<double>() == 1065.0);
    // Finite inputs may come to what is not.
    const auto huge = told(model, row(R"({"row": {"size": 2e38}})"));
    BOOST_TEST(huge.at("prediction").is_null());
}

BOOST_AUTO_TEST_CASE(what_of_a_row_cannot_be_used_is_named) {
    const auto model = of_a_table();
    for (const auto& [body, part] : std::vector<std::pair<const char*, const char*>>{
             {R"({"row": {"size": 1}})", "it lacks 'shade'"},
             {R"({"row": {"size": 1, "Shade": "red"}})", "'Shade'"},
             {R"({"row": {"size": 1, "shade": "green"}})", "column 'shade': 'green' is no known category"},
             {R"({"row": {"size": "much", "shade": "red"}})", "column 'size': 'much'"},
             {R"({"row": {"size": "1e60", "shade": "red"}})", "column 'size'"},
             {R"({"row": {"size": 1e60, "shade": "red"}})", "column 'size'"},
             {R"({"row": {"size": "inf", "shade": "red"}})", "column 'size'"},
             {R"({"row": {"size": 1e999, "shade": "red"}})", "number"},
             {R"({"row": {"size": NaN, "shade": "red"}})", "1:18"},
             {R"({"row": {"size": true, "shade": "red"}})", "sample.row.size: must be a text or a number"},
             {R"({"row": {"size": [1], "shade": "red"}})", "sample.row.size"},
             {R"({"row": {"size": 1, "size": 2, "shade": "red"}})", "size"},
             {R"({"row": [1, "red"]})", "sample.row"},
             {R"({"rows": {}})", "rows"},
             {"[]", "sample"},
             {"", "1:1"},
             {"{\"row\": {\"\xff\": 1}}", "1:"}}) {
        const auto answer = refused(model, row(body));
        BOOST_TEST(has(answer, part), body << " " << answer);
        BOOST_TEST(answer.starts_with(R"({"error":")"), answer);
    }
    std::string many = R"({"row": {"size": 1, "shade": "red")";
    for (unsigned i = 2; i < 2 * 3 + 100; ++i) {
        many += ", \"more" + std::to_string(i) + "\": 1";
    }
    BOOST_TEST(told(model, row(many + "}}")).at("unused").as_array().size() == 104U);
    BOOST_TEST(has(refused(model, row(many + ", \"last\": 1}}")), "has 107 columns"));
    const std::string large(std::size_t{1} << 20, ' ');
    BOOST_TEST(has(refused(model, row(R"({"row": {"size": 1, "shade": "red"}})" + large)), "1048576"));
    const auto deep = refused(model, row(R"({"row": )" + std::string(100'000, '[')));
    BOOST_TEST(deep.size() < 1000U);
    BOOST_TEST(has(refused(model, picture(png(1, 1, "a"))), "takes rows of a table"));
}

BOOST_AUTO_TEST_CASE(a_picture) {
    // Each class adds up a column of two pixels.
    auto model = model_of({2, 2, 1}, 2, nn::activation::linear, {1, 0, 0, 1, 1, 0, 0, 1, 0, 0});
    model.class_names = {"left", "right"};
    const auto answer = told(model, picture(png(2, 2, std::string("\x00\xff\x00\x33", 4))));
    BOOST_TEST(answer.at("prediction").as_string() == "right");
    BOOST_TEST(!answer.at("probabilities").as_bool());
    BOOST_TEST(answer.at("outputs").at(0).at("value").to_number<double>() == 0.0);
    BOOST_TEST(std::abs(answer.at("outputs").at(1).at("value").to_number<double>() - 1.2) < 1e-6);
    BOOST_TEST(has(refused(model, row("{}")), "row"));
    BOOST_TEST(has(refused(model, row(R"({"row": {}})")), "takes pictures"));
    BOOST_TEST(has(refused(model, picture("GIF89a")), "the picture is a GIF image: convert it"));
    BOOST_TEST(has(refused(model, picture("")), "the picture is empty"));
    BOOST_TEST(has(refused(model, picture(png(2, 2, "abcd").substr(0, 50))), "damaged PNG"));
    // Refused by its header: there is no memory of that size.
    BOOST_TEST(
        has(refused(model, picture(png(4001, 4000, "abcd"))), "more than 16 million: make it smaller"));
    BOOST_TEST(has(refused(model, picture(png(4000, 4000, "abcd"))), "damaged PNG"));
    model = model_of({2, 2, 2}, 1, nn::activation::linear, std::vector<float>(9));
    BOOST_TEST(has(refused(model, picture(png(2, 2, "abcd"))), "takes 2 channels"));
}

namespace {

std::string post(const fixture& to, std::string_view path, std::string_view type, std::string_view body) {
    return "POST /api/v1/" + std::string(path) + " HTTP/1.1\r\nHost: " + to.host() +
           "\r\nContent-Type: " + std::string(type) + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(over_http, fixture) {
    archive = [](archive_question what) -> awaitable<std::optional<archive_answer>> {
        if (what.name == "gone") {
            co_return dashboard::refused_answer(404, "there is no saved model 'gone'");
        }
        co_return archive_answer{what.name + (what.is_picture ? " picture " : " row ") + what.sample};
    };
    run([](fixture& with) -> awaitable<void> {
        struct expected {
            const char* path;
            const char* type;
            unsigned status;
            const char* body;
        };
        for (const auto& it : {expected{"model/predict", "application/json", 200, " row abc"},
                               expected{"model/predict", "image/png", 200, " picture abc"},
                               expected{"models/best/predict", "image/jpeg", 200, "best picture abc"},
                               expected{"models/best/predict", "image/gif", 415, "image/png or image/jpeg"},
                               expected{"model/predict", "text/plain", 415, "application/json"},
                               expected{"models/gone/predict", "image/png", 404, "no saved model 'gone'"},
                               expected{"models/.x/predict", "image/png", 404, "nothing"}}) {
            const auto answer = co_await ask(with, post(with, it.path, it.type, "abc"));
            BOOST_TEST(answer.status == it.status, it.path);
            BOOST_TEST(has(answer.body, it.body), answer.body);
        }
        const auto foreign =
            co_await ask(with, "POST /api/v1/model/predict HTTP/1.1\r\nHost: " + with.host() +
                                   "\r\nOrigin: http://elsewhere\r\nContent-Length: 0\r\n\r\n");
        BOOST_TEST(foreign.status == 403U);
        const std::string large(dashboard::most_tried_bytes, 'x');
        const auto whole = co_await ask(with, post(with, "model/predict", "image/png", large));
        BOOST_TEST(whole.body.size() == large.size() + 9);
    });
}

BOOST_FIXTURE_TEST_CASE(so_many_in_a_while, fixture) {
    archive = [](archive_question) -> awaitable<std::optional<archive_answer>> {
        co_return archive_answer{"{}"};
    };
    run([](fixture& with) -> awaitable<void> {
        unsigned served = 0;
        auto answer = co_await ask(with, post(with, "model/predict", "image/png", ""));
        for (; answer.status == 200; ++served) {
            answer = co_await ask(with, post(with, "model/predict", "image/png", ""));
        }
        BOOST_TEST(served == 40U);
        BOOST_TEST(answer.status == 429U);
        BOOST_TEST(answer.header("Retry-After") == "1");
        const auto other = co_await ask(with, live::get(with, "/api/v1/status"));
        BOOST_TEST(other.status == 200U);
        with.time.advance(std::chrono::seconds(1));
        answer = co_await ask(with, post(with, "model/predict", "image/png", ""));
        BOOST_TEST(answer.status == 200U);
    });
}

BOOST_FIXTURE_TEST_CASE(few_at_once, fixture) {
    static unsigned running;
    static bool may_end;
    running = 0;
    may_end = false;
    archive = [](archive_question) -> awaitable<std::optional<archive_answer>> {
        ++running;
        co_await until([] { return may_end; });
        co_return archive_answer{"{}"};
    };
    run([](fixture& with) -> awaitable<void> {
        std::array<raw_connection, 2> busy{raw_connection(with), raw_connection(with)};
        for (auto& one : busy) {
            co_await one.connect();
            auto question = post(with, "model/predict", "image/png", "");
            co_await one.send(std::move(question));
        }
        co_await until([] { return running == 2; });
        const auto third = co_await ask(with, post(with, "model/predict", "image/png", ""));
        BOOST_TEST(third.status == 503U);
        BOOST_TEST(third.header("Retry-After") == "1");
        may_end = true;
        for (auto& one : busy) {
            const auto answer = co_await one.receive();
            BOOST_TEST(answer.status == 200U);
        }
        const auto next = co_await ask(with, post(with, "model/predict", "image/png", ""));
        BOOST_TEST(next.status == 200U);
    });
}

BOOST_FIXTURE_TEST_CASE(what_viewers_send_is_bounded_in_all, fixture) {
    constexpr std::size_t small = std::size_t{64} << 10;
    options.viewers_bodies_bytes = 200'000;
    archive = [](archive_question) -> awaitable<std::optional<archive_answer>> {
        co_return archive_answer{"{}"};
    };
    run([](fixture& with) -> awaitable<void> {
        raw_connection slow(with);
        co_await slow.connect();
        const auto whole = post(with, "model/predict", "image/png", std::string(150'000, 'x'));
        co_await slow.send(whole.substr(0, whole.size() - 1));
        // It is known once its header is read, which nobody tells: others are refused from then on.
        live::response other;
        do {
            other = co_await ask(with, post(with, "model/predict", "image/png", std::string(small + 1, 'x')));
            with.time.advance(std::chrono::milliseconds(50));
        } while (other.status == 200);
        BOOST_TEST(other.status == 503U);
        BOOST_TEST(other.header("Retry-After") == "1");
        // Nor is what is short, such as a login.
        const auto brief =
            co_await ask(with, post(with, "model/predict", "image/png", std::string(small, 'x')));
        BOOST_TEST(brief.status == 200U);
        // Those who steer are not kept out by it.
        const auto command =
            co_await ask(with, live::post(with, R"({"command":"pause"})" + std::string(1001, ' '),
                                          "Content-Type: application/json\r\n"));
        BOOST_TEST(command.status != 503U);
        co_await slow.send(whole.substr(whole.size() - 1));
        const auto answer = co_await slow.receive();
        BOOST_TEST(answer.status == 200U);
        other = co_await ask(with, post(with, "model/predict", "image/png", std::string(5000, 'x')));
        BOOST_TEST(other.status == 200U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
