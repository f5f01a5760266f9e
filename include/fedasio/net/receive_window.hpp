#pragma once

#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include <cstddef>
#include <list>
#include <memory>

namespace fedasio::net {

/// Bounds the memory of bodies that are being received and worked on, of many connections together: who finds
/// no room waits, and its bytes wait in the kernel and at the peer. First come, first served; a body larger
/// than all room is taken alone.
///
/// Few at a time are as fast as many where the machine is the limit, and their bytes are still in its caches
/// when they are worked on. Where the peers are the limit, more are let in: as long as somebody waits, bytes
/// are missing, and less than `least` comes and goes in a tenth of a second, room for twice of what is inside
/// is tried, up to `most`. It stays if a quarter more comes then, or if nothing comes at all; else it is
/// taken back, and more is tried again after five seconds.
///
/// Lives on its runtime's thread. Must be held by a shared_ptr.
class receive_window : public std::enable_shared_from_this<receive_window> {
public:
    /// Room for the body of one frame; what it takes is free again when it is gone.
    class place {
    public:
        ~place();
        place(const place&) = delete;
        place& operator=(const place&) = delete;

        [[nodiscard]] bool has_room() const noexcept { return has_room_; }

        /// So many more of its bytes have come.
        void came(std::size_t bytes) noexcept;

        /// Set when there is room, or by whoever wants it to wait no longer.
        [[nodiscard]] event& turn() noexcept { return turn_; }

    private:
        friend class receive_window;

        place(std::shared_ptr<receive_window> window, std::size_t bytes);

        std::shared_ptr<receive_window> window_;
        std::size_t bytes_;
        std::size_t missing_;
        event turn_;
        bool has_room_ = false;
        std::list<place*>::iterator waiting_;
    };

    receive_window(runtime& rt, std::size_t least, std::size_t most);
    receive_window(const receive_window&) = delete;
    receive_window& operator=(const receive_window&) = delete;

    /// At the end of the line; perhaps there is room at once.
    [[nodiscard]] std::shared_ptr<place> enter(std::size_t bytes);

    /// So many bytes were sent to a peer: while this machine is busy with that, nobody is slow.
    void went(std::size_t bytes) noexcept { went_ += bytes; }

    /// Of all that have room.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

    /// How much room there is now, in all.
    [[nodiscard]] std::size_t room() const noexcept { return room_; }

private:
    void leave(place& who) noexcept;
    void let_in() noexcept;
    void look();
    void try_more(std::size_t came);

    runtime& rt_;
    std::size_t least_;
    std::size_t most_;
    std::size_t room_;
    std::size_t bytes_ = 0;
    std::size_t missing_ = 0; ///< bytes that are still to come, of all that have room
    std::size_t came_ = 0;    ///< bytes, since the last look
    std::size_t went_ = 0;    ///< bytes, since the last look
    std::size_t proven_;      ///< the room that has helped; less than the room: a try
    std::size_t before_ = 0;  ///< what came between two looks before the try
    unsigned looks_ = 0;      ///< of the try
    unsigned rest_ = 0;       ///< looks until the next try
    std::list<place*> waiting_;
    std::unique_ptr<alarm> next_look_; ///< while somebody waits
};

} // namespace fedasio::net
