#include <CLI/CLI.hpp>

#include "program/command_pages.hpp"
#include <sstream>
#include <string_view>

namespace fedasio::program {
namespace {

/// For troff: a dash that can be copied, and no line that begins like a request.
std::string escaped(std::string_view text) {
    std::string result;
    bool begins_line = true;
    for (const char c : text) {
        if (begins_line && (c == '.' || c == '\'')) {
            result += "\\&";
        }
        begins_line = c == '\n';
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else {
            result += c;
        }
    }
    return result;
}

std::string bold(std::string_view text) {
    return "\\fB" + escaped(text) + "\\fR";
}

std::string slanted(std::string_view text) {
    return "\\fI" + escaped(text) + "\\fR";
}

void write_options(std::ostream& out, const CLI::App& command) {
    for (const auto& page : option_pages(command)) {
        out << ".TP\n";
        std::string head;
        for (const auto& name : page.names) {
            head += (head.empty() ? "" : ", ") + bold(name);
        }
        if (!page.value.empty()) {
            head += (head.empty() ? "" : " ") + slanted(page.value);
        }
        out << head << '\n' << escaped(page.text) << '\n';
    }
}

/// Command lines stand as they are; a title ends with a colon.
void write_footer(std::ostream& out, const std::string& footer) {
    std::istringstream lines(footer);
    bool is_literal = false;
    for (std::string line; std::getline(lines, line);) {
        const bool is_example = line.starts_with("  ");
        if (is_example != is_literal) {
            out << (is_example ? ".PP\n.nf\n" : ".fi\n.PP\n");
            is_literal = is_example;
        }
        if (is_example) {
            out << escaped(line) << '\n';
        } else if (line == "Examples:") {
            out << ".SH EXAMPLES\n";
        } else if (line.starts_with("Exit codes: ")) {
            out << ".SH \"EXIT STATUS\"\n" << escaped(line.substr(12)) << '\n';
        } else if (!line.empty()) {
            out << escaped(line) << '\n';
        }
    }
    out << (is_literal ? ".fi\n" : "");
}

void write_commands(std::ostream& out, const CLI::App& command, const std::string& before) {
    for (const auto* const one : commands_of(command)) {
        auto head = bold(before + one->get_name());
        for (const auto& page : option_pages(*one)) {
            if (page.names.empty()) {
                head += " " + slanted(page.value);
            }
        }
        out << ".SS \"" << head << "\"\n" << escaped(one->get_description()) << '\n';
        write_options(out, *one);
        write_commands(out, *one, before + one->get_name() + " ");
    }
}

} // namespace

std::string manual_page(const CLI::App& program, const std::string& version) {
    std::ostringstream out;
    const auto& name = program.get_name();
    const auto description = program.get_description();
    const auto brief = description.substr(0, description.find_first_of(".:"));
    out << ".TH " << escaped(name) << " 1 \"\" \"fedasio " << escaped(version) << "\" \"User Commands\"\n"
        << ".SH NAME\n"
        << escaped(name) << " \\- " << escaped(brief) << '\n'
        << ".SH SYNOPSIS\n.B " << escaped(name) << "\n[\\fIOPTION\\fR...]";
    const bool has_commands = !commands_of(program).empty();
    out << (has_commands ? " \\fICOMMAND\\fR [\\fIOPTION\\fR...]" : "") << '\n'
        << ".SH DESCRIPTION\n"
        << escaped(description) << '\n'
        << ".SH OPTIONS\n";
    write_options(out, program);
    if (has_commands) {
        out << ".SH COMMANDS\n";
        write_commands(out, program, "");
    }
    write_footer(out, program.get_footer());
    out << ".SH \"SEE ALSO\"\n";
    std::string others;
    for (const std::string other : {"fedasio", "fedasio-master", "fedasio-worker"}) {
        if (other != name) {
            others += (others.empty() ? "" : ", ") + bold(other) + "(1)";
        }
    }
    out << others << '\n';
    return out.str();
}

} // namespace fedasio::program
