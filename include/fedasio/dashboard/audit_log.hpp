#pragma once

#include <fedasio/dashboard/audit.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace fedasio::dashboard {

/// Keeps audit entries in a file (0600), one JSON object a line as docs/operations.md describes; nothing that
/// stands in it is ever changed. Lines are written and synced on a pool, in order. The file is opened for
/// each write, so it may be moved away while the master runs.
///
/// What cannot be written waits, up to 1,000 lines, and is tried again with the next entry. `notify` is told
/// once, on `home`, and again when it worked; nothing is thrown.
class audit_log {
public:
    using notice_handler = std::function<void(bool works, std::string problem)>;

    audit_log(boost::asio::any_io_executor home, const boost::asio::any_io_executor& pool,
              std::filesystem::path file, notice_handler notify);
    ~audit_log();
    audit_log(const audit_log&) = delete;
    audit_log& operator=(const audit_log&) = delete;

    void write(const audit_entry& entry);

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// The entry as a line, without its end.
[[nodiscard]] std::string audit_line(const audit_entry& entry);

} // namespace fedasio::dashboard
