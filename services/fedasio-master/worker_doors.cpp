#include "worker_doors.hpp"

#include <boost/system/system_error.hpp>

#include "program/resources.hpp"
#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace fedasio::program {
namespace {

std::unique_ptr<net::acceptor> listen_for_workers(net::runtime& rt, const std::string& where) {
    try {
        return net::listen_tcp(rt, net::address::parse(where), 0, descriptors_for_files);
    } catch (const boost::system::system_error& e) {
        throw std::runtime_error("cannot listen on " + where + " for workers (" + e.code().message() +
                                 "): choose another address with --listen HOST:PORT");
    }
}

/// An address that reaches `where` from this machine.
net::address from_here(net::address where) {
    if (where.host == "0.0.0.0") {
        where.host = "127.0.0.1";
    } else if (where.host == "::") {
        where.host = "::1";
    }
    return where;
}

news_handler warn_of(master::run& run) {
    return [&run](const std::string& what) { run.notice(master::noticed::severity::warning, what); };
}

} // namespace

worker_doors::door::door(net::runtime& rt, std::unique_ptr<net::acceptor> acceptor,
                         const protection_options& protection, const news_handler& warn,
                         net::listener::error_handler on_error)
    : local(net::address::parse(acceptor->local())),
      listener(
          rt, std::move(acceptor),
          [&] {
              require_protection(protection, local);
              net::listener_options options;
              options.prove = accepting_handshake(rt, protection, warn);
              return options;
          }(),
          std::move(on_error)) {}

worker_doors::worker_doors(net::runtime& rt, const settings& from, master::run& run)
    : run_(run), spawned_(from),
      outer_(rt, listen_for_workers(rt, from.listen), from.protection, warn_of(run),
             [&run](const std::string& what) { run.turned_away(what); }) {
    if (from.spawn_workers > 0 && !from.protection.tls.empty()) {
        // A key of this start.
        spawned_.protection = {};
        spawned_.protection.key_file = from.run.state_dir / "spawned-workers.key";
        std::filesystem::remove(spawned_.protection.key_file);
        inner_.emplace(rt, net::listen_tcp(rt, {"127.0.0.1", 0}, 0, descriptors_for_files),
                       spawned_.protection, warn_of(run), warn_of(run));
    }
}

void worker_doors::open(net::nursery& services) {
    const auto admit = [&run = run_](std::unique_ptr<net::stream> wire) {
        return run.admit(std::move(wire));
    };
    services.spawn(outer_.listener.run(admit));
    if (inner_) {
        services.spawn(inner_->listener.run(admit));
    }
}

void worker_doors::stop() {
    outer_.listener.stop();
    if (inner_) {
        inner_->listener.stop();
    }
}

void worker_doors::spawn_workers(child_processes& children) const {
    const auto cores = std::max(1U, std::thread::hardware_concurrency());
    const auto threads = std::max(1U, cores / std::max(1U, spawned_.spawn_workers));
    const auto where = from_here(inner_ ? inner_->local : outer_.local);
    for (std::uint32_t i = 1; i <= spawned_.spawn_workers; ++i) {
        const auto name = "worker-" + std::to_string(i);
        std::vector<std::string> words{"--connect",    where.to_string(),       "--name",      name,
                                       "--threads",    std::to_string(threads), "--log-level", "warning",
                                       "--log-format", spawned_.log.format};
        if (!spawned_.protection.key_file.empty()) {
            words.insert(words.end(), {"--key-file", spawned_.protection.key_file.string()});
        }
        if (spawned_.protection.insecure) {
            words.emplace_back("--insecure");
        }
        children.start(name, beside_this_program("fedasio-worker"), words);
    }
}

} // namespace fedasio::program
