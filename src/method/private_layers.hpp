#pragma once

#include "method/averaging.hpp"

namespace fedasio::method {

/// Strategies with which named layers stay at the client: it trains with its own ones in the place of the
/// received, keeps what they become, and sends an update that has the received ones there. The rest is
/// FedAvg. What a client keeps is one entry a private array, by the array's name.
class private_layers : public averaging {
public:
    void describe(text::keys& keys) override;
    [[nodiscard]] std::string objection_to(const nn::network& network) const override;

    [[nodiscard]] bool has_client_half() const override { return true; }

    client_answer train(client_training& client) const override;

    [[nodiscard]] bool is_personal() const override { return true; }

    void personal(const nn::network& network, const client_state& state, std::span<const float> global,
                  std::span<float> own) const override;

protected:
    /// By array of network.parameters(), where no layers are named.
    [[nodiscard]] virtual std::vector<bool> default_arrays(const nn::network& network) const = 0;
    /// What these are, for people.
    [[nodiscard]] virtual std::string default_sentence() const = 0;
    /// The training itself, from `start`; `is_private` is by array.
    virtual local_result train_from(client_training& client, std::span<const float> start,
                                    const std::vector<bool>& is_private) const;

private:
    [[nodiscard]] std::vector<bool> private_arrays(const nn::network& network) const;

    std::vector<std::string> names_;
};

/// Whether an array is of the last layer that has any.
[[nodiscard]] std::vector<bool> arrays_of_last_layer(const nn::network& network);

} // namespace fedasio::method
