#include "plan_check_json.hpp"

#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "json_scalar.hpp"

namespace fedasio::dashboard {

std::string plan_check_text(std::string_view plan, bool has_evaluator) {
    const auto check = plan::check_plan(plan, has_evaluator);
    boost::json::object answer{{"ok", check.sound.has_value()}};
    if (check.sound) {
        answer["plan_digest"] = plan::plan_digest(*check.sound);
        answer["plan"] = plan::to_json(*check.sound);
        if (!check.note.empty()) {
            answer["note"] = check.note;
        }
    } else {
        answer["line"] = check.fault.line;
        answer["column"] = check.fault.column;
        answer["path"] = json_text(check.fault.path);
        answer["message"] = json_text(check.fault.message);
    }
    return text::canonical_text(answer);
}

} // namespace fedasio::dashboard
