#pragma once

#include <fedasio/net/buffer.hpp>
#include <fedasio/worker/trainer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace fedasio::worker {

/// What makes an update what it is, but for its round and client: two of the same basis are the same bits.
struct training_basis {
    using text = std::shared_ptr<const std::string>;

    text model; ///< the master's request, as text
    text data;  ///< the master's request without its list of clients, as text, and the samples' digest
    net::payload weights;

    static bool same(const text& a, const text& b) { return a == b || (a && b && *a == *b); }

    static bool same(const net::payload& a, const net::payload& b) {
        return a.bytes().data() == b.bytes().data() ||
               (a.checksum() == b.checksum() && std::ranges::equal(a.bytes(), b.bytes()));
    }

    friend bool operator==(const training_basis& a, const training_basis& b) {
        return same(a.model, b.model) && same(a.data, b.data) && same(a.weights, b.weights);
    }
};

/// Updates that were sent and may not have arrived. A master that was away, and asks for one of them again,
/// gets it without another training. All are of one basis; the weights of the next round forget them. What it
/// does takes the same time however many there are.
class finished_updates {
public:
    /// What an update counts for besides its weights.
    static constexpr std::size_t bytes_each = 512;

    /// Keeps no more than this, but always the last one if it is not 0.
    explicit finished_updates(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    void begin(training_basis basis);
    /// One that went on from the state after `state_round`: another would not be the same.
    [[nodiscard]] std::optional<trained> find(std::uint32_t round, std::uint32_t client,
                                              std::uint32_t state_round = 0) const;
    /// Unless it is of another basis than the present one.
    void keep(const training_basis& basis, trained what);

private:
    static std::uint64_t key_of(std::uint32_t round, std::uint32_t client) {
        return std::uint64_t{round} << 32U | client;
    }

    void drop(std::list<trained>::iterator one);

    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    training_basis basis_;
    std::list<trained> kept_; ///< oldest first
    std::unordered_map<std::uint64_t, std::list<trained>::iterator> places_;
};

} // namespace fedasio::worker
