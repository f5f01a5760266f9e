#include "history/database.hpp"

#include <chrono>
#include <sqlite3.h>
#include <stdexcept>
#include <system_error>

namespace fedasio::history {
namespace {

/// A reader may meet the moment in which a write-ahead log is folded into its file.
constexpr auto patience = std::chrono::seconds(5);

} // namespace

void database::closer::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

database::database(const std::filesystem::path& file, access how) : file_(file) {
    std::error_code unknown;
    const auto type = std::filesystem::status(file, unknown).type();
    if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::not_found) {
        throw std::runtime_error(file.string() + ": cannot open it (it is no file); move it away");
    }
    sqlite3* opened = nullptr;
    const int flags =
        how == access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int result = sqlite3_open_v2(file.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(opened);
    if (result != SQLITE_OK) {
        fail("open it");
    }
    sqlite3_busy_timeout(opened, static_cast<int>(std::chrono::milliseconds(patience).count()));
}

void database::fail(const std::string& doing) const {
    throw std::runtime_error(file_.string() + ": cannot " + doing + " (" + sqlite3_errmsg(handle_.get()) +
                             ")");
}

void database::execute(const std::string& statements) {
    if (sqlite3_exec(handle_.get(), statements.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        fail("change it");
    }
}

std::string database::text_of(const std::string& query) {
    statement asked(*this, query);
    return asked.next() ? asked.text(0) : std::string();
}

transaction::transaction(database& in) : in_(in) {
    in_.execute("BEGIN IMMEDIATE");
}

transaction::~transaction() {
    if (open_) {
        // After some errors SQLite has rolled back by itself, and then this fails as it should.
        sqlite3_exec(in_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void transaction::commit() {
    in_.execute("COMMIT");
    open_ = false;
}

void statement::finalizer::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

statement::statement(database& in, const std::string& sql) : in_(in) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(in.handle(), sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
        in.fail("read it");
    }
    statement_.reset(prepared);
}

void statement::check(int result) const {
    if (result != SQLITE_OK) {
        in_.fail("use it");
    }
}

void statement::bind_number(std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
}

void statement::bind_real(double value) {
    check(sqlite3_bind_double(statement_.get(), ++bound_, value));
}

void statement::bind_text(std::string_view value) {
    check(sqlite3_bind_text64(statement_.get(), ++bound_, value.data(), value.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
}

void statement::bind_null() {
    check(sqlite3_bind_null(statement_.get(), ++bound_));
}

void statement::run() {
    const int result = sqlite3_step(statement_.get());
    if (result != SQLITE_DONE && result != SQLITE_ROW) {
        in_.fail("write to it");
    }
    sqlite3_reset(statement_.get());
    bound_ = 0;
}

bool statement::next() {
    const int result = sqlite3_step(statement_.get());
    if (result != SQLITE_DONE && result != SQLITE_ROW) {
        in_.fail("read it");
    }
    if (result == SQLITE_DONE) {
        sqlite3_reset(statement_.get());
        bound_ = 0;
    }
    return result == SQLITE_ROW;
}

bool statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t statement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

double statement::real(int column) const {
    return sqlite3_column_double(statement_.get(), column);
}

std::string statement::text(int column) const {
    const auto* const begin = sqlite3_column_text(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return begin == nullptr ? std::string()
                            : std::string(reinterpret_cast<const char*>(begin), size); // NOLINT
}

std::optional<database> open_recorded(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) {
        return std::nullopt;
    }
    database opened(file, database::access::read);
    // Between its making and its first transaction the file has no tables.
    if (opened.text_of("PRAGMA user_version") == "0") {
        return std::nullopt;
    }
    return opened;
}

bool has_table(database& file, std::string_view name) {
    statement found(file, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
    found.bind(name);
    return found.next();
}

} // namespace fedasio::history
