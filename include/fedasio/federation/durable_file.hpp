#pragma once

#include <fedasio/federation/disk.hpp>

#include <cstddef>
#include <filesystem>
#include <span>

namespace fedasio::federation {

/// Writes the parts, one after the other, as the file `path`: beside it as `path` + ".partial", synced,
/// renamed over `path`, and the directory synced. Whenever the machine stops, `path` is the old file or the
/// new one, whole; when this returns, it is the new one, for good. Missing directories are made. Two writers
/// must not write the same path at the same time. Throws std::system_error that names the path; the partial
/// file is then removed and the old one untouched, unless it was the directory that could not be synced: then
/// the new file stands, but may not survive the machine.
void write_durably(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts,
                   disk& on = system_disk());

} // namespace fedasio::federation
