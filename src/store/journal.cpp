#include <fedasio/store/digest.hpp>
#include <fedasio/store/journal.hpp>
#include <fedasio/text/input_file.hpp>

#include <exception>
#include <fstream>

namespace fedasio::store {

namespace {

constexpr std::size_t chain_digits = 16;

void advance(journal_place& place, std::string_view text) {
    place.chain = sha256().update(place.chain).update(text).hex().substr(0, chain_digits);
    place.bytes += chain_digits + 1 + text.size() + 1;
    ++place.lines;
}

} // namespace

void journal::add(std::string_view text) {
    advance(end_, text);
    pending_ += end_.chain;
    pending_ += ' ';
    pending_ += text;
    pending_ += '\n';
}

void journal::is_written(const piece& what) {
    pending_.erase(0, what.bytes.size());
    written_ = what.end;
}

journal_content read_journal(const std::filesystem::path& file, const std::string& name,
                             const journal_place& place,
                             const std::function<bool(std::string_view text)>& take) {
    journal_content content;
    content.end.chain = name;
    std::ifstream in;
    try {
        in = text::open_input(file);
    } catch (const std::exception& e) {
        content.problem = place.bytes > 0 ? e.what() : "";
    }
    std::string line;
    while (content.problem.empty() && content.end.bytes < place.bytes) {
        const auto where = file.string() + ", line " + std::to_string(content.end.lines + 1);
        if (!std::getline(in, line) || in.eof()) {
            content.problem = where + ": it ends before what the checkpoint says of it";
            break;
        }
        auto next = content.end;
        const auto text = std::string_view(line).substr(std::min(line.size(), chain_digits + 1));
        advance(next, text);
        if (line.compare(0, chain_digits + 1, next.chain + ' ') != 0) {
            content.problem = where + ": it is damaged, or of another run";
            break;
        }
        if (take && !take(text)) {
            content.problem = where + ": it is later than the checkpoint";
            break;
        }
        content.lines.emplace_back(text);
        content.end = std::move(next);
    }
    if (content.problem.empty() && content.end != place) {
        content.problem = file.string() + ": it does not have the lines that the checkpoint says";
    }
    return content;
}

} // namespace fedasio::store
