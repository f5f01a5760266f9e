#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace fedasio::program {

/// The name of a worker that was given none: host and data, so that a worker that is started again has its
/// name again, and with the partition `local` its client. Of several that run at once on one host with the
/// same data, for the same master, the second is "…-2" and so on; a place is free as soon as its process has
/// ended, however it ended.
class default_name {
public:
    /// `master` is only compared. Holds the place as long as it lives.
    default_name(const std::optional<std::filesystem::path>& data, const std::string& master);
    ~default_name();
    default_name(const default_name&) = delete;
    default_name& operator=(const default_name&) = delete;

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    int place_ = -1;
};

} // namespace fedasio::program
