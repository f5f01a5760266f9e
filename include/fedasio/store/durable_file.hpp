#pragma once

#include <fedasio/store/disk.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace fedasio::store {

/// Writes the parts, one after the other, as the file `path`: beside it as `path` + ".partial", synced,
/// renamed over `path`, and the directory synced. Whenever the machine stops, `path` is the old file or the
/// new one, whole; when this returns, it is the new one, for good. Missing directories are made. Two writers
/// must not write the same path at the same time. Throws std::system_error that names the path; the partial
/// file is then removed and the old one untouched, unless it was the directory that could not be synced: then
/// the new file stands, but may not survive the machine.
void write_durably(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts,
                   disk& on = system_disk());

/// Writes `bytes` behind the first `keep` bytes of the file, in place of what follows them, and syncs.
/// Whenever the machine stops, those first bytes stay; of the others any part may be there. A file that is
/// made, and its directories, are synced too. Throws std::exception that names the path; then the same call
/// may be made again.
void append_durably(const std::filesystem::path& path, std::uint64_t keep, std::string_view bytes,
                    disk& on = system_disk());

} // namespace fedasio::store
