#include "pki/pem_file.hpp"

#include <fedasio/text/input_file.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace fedasio::pki {
namespace {

bio_ptr open_to_read(const std::filesystem::path& file) {
    text::check_input(file);
    bio_ptr in(BIO_new_file(file.c_str(), "r"));
    if (!in) {
        ERR_clear_error();
        throw std::runtime_error(file.string() + " cannot be read (" + std::strerror(errno) +
                                 "): name the folder that 'fedasio pki init' made");
    }
    return in;
}

template <typename T>
T must_be(T read, const std::filesystem::path& file, const char* what) {
    require(read != nullptr, file.string() + " is no " + what);
    return read;
}

bio_ptr memory() {
    bio_ptr out(BIO_new(BIO_s_mem()));
    require(out != nullptr, "no memory");
    return out;
}

std::string text_of(BIO& from) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(&from, &data);
    return {data, static_cast<std::size_t>(size)};
}

} // namespace

void require(bool success, const std::string& what) {
    if (success) {
        return;
    }
    const auto error = ERR_peek_last_error();
    ERR_clear_error();
    const auto* const reason = ERR_reason_error_string(error);
    throw std::runtime_error(what + (reason != nullptr ? " (" + std::string(reason) + ")" : std::string()));
}

certificate_ptr read_certificate(const std::filesystem::path& file) {
    const auto in = open_to_read(file);
    return must_be(certificate_ptr(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)), file,
                   "certificate in PEM");
}

crl_ptr read_crl(const std::filesystem::path& file) {
    const auto in = open_to_read(file);
    return must_be(crl_ptr(PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr)), file,
                   "revocation list in PEM");
}

key_ptr read_key(const std::filesystem::path& file) {
    const auto in = open_to_read(file);
    return must_be(key_ptr(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr)), file,
                   "private key in PEM");
}

std::string to_pem(X509& certificate) {
    const auto out = memory();
    require(PEM_write_bio_X509(out.get(), &certificate) == 1, "a certificate cannot be written");
    return text_of(*out);
}

std::string to_pem(X509_CRL& crl) {
    const auto out = memory();
    require(PEM_write_bio_X509_CRL(out.get(), &crl) == 1, "a revocation list cannot be written");
    return text_of(*out);
}

std::string to_pem(EVP_PKEY& key) {
    const auto out = memory();
    require(PEM_write_bio_PKCS8PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "a key cannot be written");
    return text_of(*out);
}

void write_file(const std::filesystem::path& file, const std::string& text, readable_by whom) {
    const std::string beside = file.string() + ".partial";
    ::unlink(beside.c_str());
    const auto mode = whom == readable_by::all ? 0644U : 0600U;
    const int out = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool done = out >= 0 && ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                ::fsync(out) == 0;
    done = (out < 0 || ::close(out) == 0) && done;
    done = done && std::rename(beside.c_str(), file.c_str()) == 0;
    if (!done) {
        const std::string why = std::strerror(errno);
        ::unlink(beside.c_str());
        throw std::runtime_error(file.string() + " cannot be written (" + why + ")");
    }
}

} // namespace fedasio::pki
