#include <fedasio/history/labels.hpp>

#include "history/database.hpp"

namespace fedasio::history {

bool write_labels(const std::filesystem::path& file, std::string_view run, const std::string& labels) {
    if (!std::filesystem::exists(file)) {
        return false;
    }
    database into(file, database::access::write);
    if (into.text_of("PRAGMA user_version") == "0") {
        return false;
    }
    transaction all(into);
    into.execute("CREATE TABLE IF NOT EXISTS labels (run TEXT PRIMARY KEY, labels TEXT NOT NULL) "
                 "STRICT, WITHOUT ROWID");
    statement found(into, "SELECT 1 FROM runs WHERE id = ?");
    found.bind(run);
    if (!found.next()) {
        return false;
    }
    statement(into, "INSERT OR REPLACE INTO labels VALUES (?, ?)").bind(run).bind(labels).run();
    all.commit();
    return true;
}

} // namespace fedasio::history
