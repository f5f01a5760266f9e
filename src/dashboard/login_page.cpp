#include "login_page.hpp"

#include <openssl/evp.h>

#include <array>

namespace fedasio::dashboard {
namespace {

constexpr std::string_view style =
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center}"
    "main{width:min(26rem,calc(100vw - 3rem))}"
    "h1{font-size:1.25rem;margin:0 0 .5rem}"
    "input,button{font:inherit;box-sizing:border-box;width:100%;padding:.5rem .75rem;margin-top:.75rem}"
    "[role=alert]{color:light-dark(#b00020,#ff8a80)}";

/// Of the style, for the policy: nothing else may be applied.
std::string style_hash() {
    std::array<unsigned char, 32> digest{};
    EVP_Digest(style.data(), style.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    std::array<unsigned char, 45> text{};
    const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
    return "sha256-" + std::string(text.begin(), text.begin() + size);
}

} // namespace

std::string login_page(std::string_view problem, std::string_view prefix) {
    std::string page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width\"><title>fedasio</title><style>";
    page += style;
    page += "</style></head><body><main><h1>fedasio</h1>";
    if (!problem.empty()) {
        page += "<p role=\"alert\">" + std::string(problem) + "</p>";
    }
    page += "<form method=\"post\" action=\"" + std::string(prefix) +
            "/login\"><label>Token, as the master printed it when it started"
            "<input type=\"password\" name=\"token\" autocomplete=\"current-password\" required autofocus>"
            "</label><button>Open the dashboard</button></form></main></body></html>";
    return page;
}

const std::string& login_page_policy() {
    static const std::string policy = "default-src 'none'; style-src '" + style_hash() +
                                      "'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    return policy;
}

} // namespace fedasio::dashboard
