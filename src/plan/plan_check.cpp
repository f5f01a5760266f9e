#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/value.hpp>

#include "text/json_place.hpp"
#include <algorithm>

namespace fedasio::plan {
namespace {

constexpr std::string_view file_name = "plan";

std::string_view after(std::string_view text, std::string_view separator) {
    const auto at = text.find(separator);
    return at == std::string_view::npos ? text : text.substr(at + separator.size());
}

} // namespace

plan_check check_plan(std::string_view text, bool has_evaluator) {
    plan_check result;
    auto& fault = result.fault;
    try {
        const auto content = parse_plan_text(text);
        auto read = plan_from_json(content, std::string(file_name), has_evaluator);
        check_model(read, std::string(file_name));
        if (read.model.input.size() != 0) {
            result.note = memory_note(read, nn::network(read.model).parameter_count());
        }
        result.sound = std::move(read);
    } catch (const text::json_error& e) {
        fault.message = after(e.what(), ": ");
        fault.line = e.line();
        fault.column = e.column();
    } catch (const text::field_error& e) {
        fault.path = e.where() == file_name ? std::string() : std::string(after(e.where(), ": "));
        fault.message = e.problem();
        const auto before = text.substr(0, text::json_place(text, fault.path));
        fault.line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
        fault.column = before.size() - (before.rfind('\n') + 1) + 1;
    }
    return result;
}

} // namespace fedasio::plan
