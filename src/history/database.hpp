#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace fedasio::history {

/// One connection to an SQLite file. Everything throws std::runtime_error that names the file. One thread at
/// a time.
class database {
public:
    enum class access { read, write };

    /// `write` makes the file if it is missing.
    database(const std::filesystem::path& file, access how);

    /// One statement or more, without results.
    void execute(const std::string& statements);

    [[nodiscard]] std::string text_of(const std::string& query);

    [[noreturn]] void fail(const std::string& doing) const;

    [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

private:
    struct closer {
        void operator()(sqlite3* handle) const noexcept;
    };

    std::filesystem::path file_;
    std::unique_ptr<sqlite3, closer> handle_;
};

/// To read a history; empty if nothing has been recorded there yet.
[[nodiscard]] std::optional<database> open_recorded(const std::filesystem::path& file);

/// What is beside the tables of a format is not there before a recorder of this release opens the file.
[[nodiscard]] bool has_table(database& file, std::string_view name);

/// What is done in a transaction is there wholly once it is committed, and else not at all.
class transaction {
public:
    explicit transaction(database& in);
    ~transaction();
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    void commit();

private:
    database& in_;
    bool open_ = true;
};

/// A prepared statement, run as often as needed.
class statement {
public:
    statement(database& in, const std::string& sql);

    /// Binds the next `?`; what is empty becomes NULL.
    template <class Value>
    statement& bind(const Value& value) {
        if constexpr (std::is_integral_v<Value>) {
            bind_number(static_cast<std::int64_t>(value));
        } else if constexpr (std::is_floating_point_v<Value>) {
            bind_real(value);
        } else {
            bind_text(value);
        }
        return *this;
    }

    template <class Value>
    statement& bind(const std::optional<Value>& value) {
        if (value) {
            return bind(*value);
        }
        bind_null();
        return *this;
    }

    /// Runs a statement without results, and is ready for the next values.
    void run();
    /// The next row of a query; false after the last, and then it is ready for the next values.
    [[nodiscard]] bool next();

    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] std::string text(int column) const;

private:
    struct finalizer {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    void bind_number(std::int64_t value);
    void bind_real(double value);
    void bind_text(std::string_view value);
    void bind_null();
    void check(int result) const;

    database& in_;
    std::unique_ptr<sqlite3_stmt, finalizer> statement_;
    int bound_ = 0;
};

} // namespace fedasio::history
