#pragma once

#include <fedasio/plan/plan.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace fedasio::master {

/// The folders on this machine whose files a plan that somebody sends may name.
class plan_folders {
public:
    /// What is inside `allowed` folders is allowed, at any depth. `hidden` and what is in it is never
    /// allowed; empty: nothing is hidden.
    plan_folders(const std::vector<std::filesystem::path>& allowed, const std::filesystem::path& hidden);

    /// The files that lie beside those that this plan names are allowed from now on; beside its training
    /// files only with `train_too`.
    void allow_those_of(const plan::plan& plan, bool train_too);

    /// Why the plan may not be run; empty if it may. The same for a file that exists and one that does not.
    [[nodiscard]] std::string objection_to(const plan::plan& plan, bool train_too) const;

private:
    struct folder {
        std::filesystem::path path; ///< canonical
        bool with_those_in_it = false;

        friend bool operator==(const folder&, const folder&) = default;
    };

    void allow(const std::filesystem::path& path, bool with_those_in_it);
    [[nodiscard]] bool allows(const std::string& file) const;

    std::vector<folder> allowed_;
    std::filesystem::path hidden_; ///< canonical
};

} // namespace fedasio::master
