#include "sim/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace fedasio::sim {

namespace fs = std::filesystem;

namespace {

void store(const fs::path& path, const std::string& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << bytes;
    if (!out.flush()) {
        throw std::runtime_error(path.string() + ": the simulator cannot write");
    }
}

} // namespace

disk::disk(world& in, fs::path root) : world_(in), root_(std::move(root)) {
    directories_[root_].is_durable = true;
}

void disk::step(const fs::path& path, const char* what) {
    if (was_cut) {
        throw power_lost();
    }
    if (world_.chosen.chance(power_failure)) {
        was_cut = true;
        throw power_lost();
    }
    fail_sometimes(path, what);
}

void disk::fail_sometimes(const fs::path& path, const char* what) {
    if (world_.chosen.chance(failure)) {
        ++failures;
        throw std::system_error(world_.chosen.chance(0.5) ? ENOSPC : EIO, std::generic_category(),
                                path.string() + ": cannot " + what);
    }
}

disk::directory& disk::parent_of(const fs::path& path) {
    const auto found = directories_.find(path.parent_path());
    if (found == directories_.end()) {
        throw std::system_error(ENOENT, std::generic_category(), path.string());
    }
    return found->second;
}

class disk::writer final : public store::open_file {
public:
    writer(disk& on, fs::path path, std::shared_ptr<content> to)
        : disk_(on), path_(std::move(path)), to_(std::move(to)) {}

    void write(std::span<const std::byte> bytes) override {
        const auto* text = reinterpret_cast<const char*>(bytes.data()); // NOLINT(*-reinterpret-cast)
        try {
            disk_.step(path_, "write");
        } catch (...) {
            put(std::string(text, disk_.world_.chosen.below(bytes.size() + 1)));
            throw;
        }
        put(std::string(text, bytes.size()));
    }

    void sync() override {
        disk_.step(path_, "sync to disk");
        to_->durable = to_->bytes;
        to_->is_synced = true;
    }

    void close() override { disk_.step(path_, "close"); }

private:
    void put(const std::string& bytes) {
        to_->bytes += bytes;
        to_->is_synced = false;
        store(path_, to_->bytes);
    }

    disk& disk_;
    fs::path path_;
    std::shared_ptr<content> to_;
};

std::unique_ptr<store::open_file> disk::create(const fs::path& path) {
    step(path, "open for writing");
    auto& name = parent_of(path).names[path.filename().string()];
    name = std::make_shared<content>();
    store(path, {});
    return std::make_unique<writer>(*this, path, name);
}

std::unique_ptr<store::open_file> disk::append(const fs::path& path, std::uint64_t keep) {
    step(path, "open for writing");
    auto& name = parent_of(path).names[path.filename().string()];
    if (!name) {
        name = std::make_shared<content>();
    }
    name->is_synced = name->is_synced && name->bytes.size() == keep;
    name->bytes.resize(keep);
    store(path, name->bytes);
    return std::make_unique<writer>(*this, path, name);
}

void disk::rename(const fs::path& from, const fs::path& to) {
    step(to, "replace");
    auto& names = parent_of(from).names;
    const auto found = names.extract(from.filename().string());
    if (found.empty()) {
        throw std::system_error(ENOENT, std::generic_category(), from.string());
    }
    parent_of(to).names[to.filename().string()] = found.mapped();
    fs::rename(from, to);
}

// Destructors remove files, so the power does not go here; after it went, nothing happens any more.
void disk::remove(const fs::path& path) {
    if (was_cut) {
        return;
    }
    fail_sometimes(path, "remove");
    if (parent_of(path).names.erase(path.filename().string()) == 0) {
        throw std::system_error(ENOENT, std::generic_category(), path.string());
    }
    fs::remove(path);
}

void disk::make_directory(const fs::path& path) {
    step(path, "make the directory");
    directories_[path];
    fs::create_directory(path);
}

void disk::sync_directory(const fs::path& path) {
    step(path, "sync to disk");
    if (path == root_.parent_path()) {
        return;
    }
    const auto found = directories_.find(path);
    if (found == directories_.end()) {
        throw std::system_error(ENOENT, std::generic_category(), path.string());
    }
    found->second.durable = found->second.names;
    for (auto& [name, child] : directories_) {
        child.is_durable = child.is_durable || name.parent_path() == path;
    }
}

bool disk::rot() {
    return rot_one(".safetensors");
}

bool disk::rot_journal() {
    return rot_one(".rounds");
}

bool disk::rot_one(std::string_view extension) {
    for (auto& [path, kept] : directories_) {
        if (path.filename() != "checkpoints") {
            continue;
        }
        for (auto file = kept.names.rbegin(); file != kept.names.rend(); ++file) {
            auto& bytes = file->second->bytes;
            if (file->first.ends_with(extension) && !bytes.empty()) {
                bytes[world_.chosen.below(bytes.size())] ^= static_cast<char>(1U << world_.chosen.below(8));
                file->second->durable = bytes;
                store(path / file->first, bytes);
                return true;
            }
        }
    }
    return false;
}

void disk::lose_what_was_not_synced() {
    auto& chosen = world_.chosen;
    was_cut = false;
    for (const auto& entry : fs::directory_iterator(root_)) {
        fs::remove_all(entry.path());
    }
    for (auto it = directories_.begin(); it != directories_.end();) {
        auto& [path, kept] = *it;
        // Parents come first, and what is in a directory that is gone is gone.
        const bool has_parent = path == root_ || directories_.contains(path.parent_path());
        if (!has_parent || (!kept.is_durable && chosen.chance(0.5))) {
            it = directories_.erase(it);
            continue;
        }
        kept.is_durable = true;
        // Each name that was not synced made it to the disk or did not.
        auto survived = kept.durable;
        for (const auto& [name, now] : kept.names) {
            const auto before = kept.durable.find(name);
            if ((before == kept.durable.end() || before->second != now) && chosen.chance(0.5)) {
                survived[name] = now;
            }
        }
        for (const auto& [name, before] : kept.durable) {
            if (!kept.names.contains(name) && chosen.chance(0.5)) {
                survived.erase(name);
            }
        }
        kept.names = std::move(survived);
        for (auto& [name, what] : kept.names) {
            if (!what->is_synced) {
                // What was never synced may be there in part, with zeros where it is not; what was, and was
                // not written over, stays.
                auto torn = what->bytes;
                const auto differ = std::ranges::mismatch(what->durable, torn);
                const auto safe = static_cast<std::size_t>(differ.in2 - torn.begin());
                const auto from = safe + chosen.below(torn.size() - safe + 1);
                if (chosen.chance(0.5)) {
                    torn.resize(from);
                } else {
                    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(from), torn.end(), '\0');
                }
                what->bytes = chosen.chance(0.3) ? what->durable : torn;
            }
            what->durable = what->bytes;
            what->is_synced = true;
        }
        kept.durable = kept.names;
        if (path != root_) {
            fs::create_directory(path);
        }
        for (const auto& [name, what] : kept.names) {
            store(path / name, what->bytes);
        }
        ++it;
    }
}

} // namespace fedasio::sim
