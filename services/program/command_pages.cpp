#include "program/command_pages.hpp"

#include <fedasio/build_info.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

namespace fedasio::program {
namespace {

/// CLI11 writes "TEXT:FILE", "UINT:in [1 - 9]", "TEXT:{a,b}" or "TEXT:HOST:PORT".
std::string value_name(const std::string& type) {
    const auto colon = type.find(':');
    const auto rest = colon == std::string::npos ? std::string() : type.substr(colon + 1);
    const auto plain = [](unsigned char c) { return std::isupper(c) != 0 || c == ':' || c == '|'; };
    if (rest.starts_with("PATH")) {
        return "PATH";
    }
    if (!rest.empty() && std::ranges::all_of(rest, plain)) {
        return rest;
    }
    return type.starts_with("TEXT") ? "TEXT" : "N";
}

std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> result;
    const auto begin = type.find('{');
    if (begin == std::string::npos) {
        return result;
    }
    std::istringstream words(type.substr(begin + 1, type.find('}') - begin - 1));
    for (std::string word; std::getline(words, word, ',');) {
        result.push_back(word);
    }
    return result;
}

option_page page_of(const CLI::Option& option) {
    option_page page;
    for (const auto& name : option.get_snames()) {
        page.names.push_back("-" + name);
    }
    for (const auto& name : option.get_lnames()) {
        page.names.push_back("--" + name);
    }
    const auto type = option.get_type_name();
    const bool is_flag = option.get_items_expected_max() == 0;
    page.choices = choices_in(type);
    if (!is_flag) {
        page.value = option.get_positional() ? option.get_name(true) : value_name(type);
    }
    page.takes_files = page.choices.empty() && (type.ends_with("FILE") || type.ends_with("DIR") ||
                                                type.find("PATH") != std::string::npos);
    page.is_required = option.get_required();
    page.text = option.get_description();
    const auto add = [&page](const std::string& more) { page.text += " (" + more + ")"; };
    if (!page.choices.empty() && page.text.find(page.choices.front()) == std::string::npos) {
        std::string all;
        for (const auto& one : page.choices) {
            all += (all.empty() ? "" : ", ") + one;
        }
        add(all);
    }
    if (!option.get_default_str().empty()) {
        add("default: " + option.get_default_str());
    }
    if (!option.get_envname().empty()) {
        add("environment: " + option.get_envname());
    }
    return page;
}

} // namespace

std::vector<option_page> option_pages(const CLI::App& command) {
    std::vector<option_page> pages;
    for (const auto* const option : command.get_options()) {
        if (!option->get_group().empty()) {
            pages.push_back(page_of(*option));
        }
    }
    return pages;
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
    return command.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

std::optional<std::string> generated(const CLI::App& program, int argc, char** argv) {
    if (argc != 3 || std::string_view(argv[1]) != "--generate") {
        return std::nullopt;
    }
    const std::string_view what = argv[2];
    if (what == "man") {
        return manual_page(program, std::string(version()));
    }
    if (what == "bash") {
        return bash_completion(program);
    }
    if (what == "zsh") {
        return zsh_completion(program);
    }
    return what == "fish" ? std::optional(fish_completion(program)) : std::nullopt;
}

} // namespace fedasio::program
