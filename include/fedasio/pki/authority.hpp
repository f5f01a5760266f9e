#pragma once

#include <cstddef>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace fedasio::pki {

enum class role { master, worker };

/// What a certificate is to say.
struct certificate_request {
    role who = role::worker;
    /// A worker's name (1 to 64 letters, digits, '.', '_', '-'), or the hosts at which a master is reached
    /// (names of up to 253 of these, or addresses); the first is the certificate's common name if it is no
    /// longer than 64.
    std::vector<std::string> names;
    unsigned days = 365; ///< valid for so long, from an hour ago: clocks differ
};

/// A private certificate authority (X.509 v3, RFC 5280; keys on P-256) in a folder:
/// `ca.pem`, `ca-key.pem` (readable by the owner only), `crl.pem`, `issued/SERIAL.pem`, a copy of each
/// certificate, and `kits/`. Files are replaced whole. Everything throws std::runtime_error that says what to
/// do. Keys and serial numbers come from OpenSSL's random numbers. `now` is seconds since 1970.
class authority {
public:
    /// Makes the folder; refuses one that holds an authority already.
    static void create(const std::filesystem::path& folder, const std::string& name, std::time_t now);
    explicit authority(std::filesystem::path folder);
    authority(const authority&) = delete;
    authority& operator=(const authority&) = delete;
    ~authority();

    /// Makes a kit: a folder with `ca.pem`, `cert.pem`, `key.pem` (0600) and `crl.pem`. Refuses a folder that
    /// holds one already.
    void issue(const certificate_request& wanted, const std::filesystem::path& kit, std::time_t now);

    /// Puts all certificates of this name that are not revoked yet on the list, and writes it to `crl.pem`
    /// here and to the kits in the folder `kits`. Returns how many they were; throws when there are none.
    std::size_t revoke(const std::string& name, std::time_t now);

private:
    struct state;
    std::filesystem::path folder_;
    std::unique_ptr<state> state_;
};

} // namespace fedasio::pki
