#include "pki.hpp"

#include <fedasio/pki/authority.hpp>

#include <CLI/CLI.hpp>

#include "program/command_line.hpp"
#include <ctime>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace fedasio::steering {
namespace {

constexpr auto examples = R"(Examples:
  fedasio pki init pki                                an authority in the folder pki
  fedasio pki issue pki master master.example 10.0.0.5  a kit for the master that is reached there
  fedasio pki issue pki worker ward-3                 a kit for a worker, in pki/kits/ward-3
  fedasio-master --tls pki/kits/master.example ...; fedasio-worker --tls ward-3 ...
  fedasio pki revoke pki ward-3                       then copy pki/crl.pem to the master's kit

Keep the folder, above all ca-key.pem, away from masters and workers.)";

struct settings {
    std::string folder;
    std::string authority_name = "fedasio";
    std::string out;
    std::string role;
    std::string revoked;
    pki::certificate_request wanted;
};

int init(const settings& from) {
    pki::authority::create(from.folder, from.authority_name, std::time(nullptr));
    std::cout << "made an authority in " << from.folder << "; keep " << from.folder << "/ca-key.pem secret\n";
    return 0;
}

int issue(settings from) {
    from.wanted.who = from.role == "master" ? pki::role::master : pki::role::worker;
    const auto kit = from.out.empty()
                         ? std::filesystem::path(from.folder) / "kits" / from.wanted.names.front()
                         : std::filesystem::path(from.out);
    pki::authority(from.folder).issue(from.wanted, kit, std::time(nullptr));
    std::cout << "made the kit " << kit.string() << ", valid for " << from.wanted.days << " days: start the "
              << from.role << " with --tls " << kit.string() << '\n';
    return 0;
}

int revoke(const settings& from) {
    const auto count = pki::authority(from.folder).revoke(from.revoked, std::time(nullptr));
    std::cout << "revoked " << count << (count == 1 ? " certificate" : " certificates") << ": copy "
              << from.folder << "/crl.pem to kits elsewhere; running programs read it by themselves\n";
    return 0;
}

} // namespace

void add_pki(CLI::App& app, std::function<int()>& job) {
    auto* const all = app.add_subcommand("pki", "Certificates for --tls: an authority, kits, revocation");
    const auto from = std::make_shared<settings>();
    all->require_subcommand(1);
    all->footer(examples);
    const auto add = [&](const char* name, const char* help, auto work) {
        auto* const sub = all->add_subcommand(name, help);
        sub->add_option("DIR", from->folder, "Folder of the authority")->required();
        sub->callback([from, &job, work] { job = [from, work] { return work(*from); }; });
        return sub;
    };
    auto* const init_command = add("init", "Make a private authority in a new folder", init);
    init_command->add_option("--name", from->authority_name, "Its name")->capture_default_str();
    auto* const issue_command = add("issue", "Make a kit for a master or a worker", issue);
    issue_command->add_option("ROLE", from->role, "master or worker")
        ->required()
        ->check(CLI::IsMember({"master", "worker"}));
    issue_command
        ->add_option("NAME", from->wanted.names,
                     "The worker's name, or all hosts at which the master is reached")
        ->required();
    issue_command->add_option("--out", from->out, "Folder of the kit (default: DIR/kits/NAME)");
    issue_command->add_option("--days", from->wanted.days, "How long it is valid")
        ->check(program::whole_between(1, 3650))
        ->capture_default_str();
    auto* const revoke_command = add("revoke", "Let a certificate no longer count", revoke);
    revoke_command->add_option("NAME", from->revoked, "As it was issued")->required();
}

} // namespace fedasio::steering
