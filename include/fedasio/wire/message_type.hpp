#pragma once

#include <cstdint>

/// What master and workers say to each other, as the meta of frames; `docs/protocol.md` describes each
/// message for people who write a worker in another language. One file a message: what it holds, `to_meta`,
/// and a reader that takes nothing on trust: it throws text::field_error, which names the key, when one is
/// missing, of a wrong type or out of range. Unknown keys are ignored, so that later versions can add some.
namespace fedasio::wire {

/// Frame types. All up to `evaluate`, and `initial`, are requests with one reply; the others are notices.
namespace message_type {
inline constexpr std::uint16_t hello = 16;  ///< worker to master, the first frame
inline constexpr std::uint16_t survey = 17; ///< master to worker, and so on down to `cancel`
inline constexpr std::uint16_t load = 18;
inline constexpr std::uint16_t model = 19;
inline constexpr std::uint16_t weights = 20;
inline constexpr std::uint16_t train = 21;
inline constexpr std::uint16_t evaluate = 22;
inline constexpr std::uint16_t cancel = 23;   ///< notice: what is asked for this round is not needed any more
inline constexpr std::uint16_t run_over = 24; ///< notice: the master ends for good; the worker may end too
inline constexpr std::uint16_t measurements = 25; ///< notice, worker to master
inline constexpr std::uint16_t standing = 26;     ///< notice: whether the worker takes part, and if not, why
inline constexpr std::uint16_t initial = 27;      ///< request: what a trainer of one's own begins with
} // namespace message_type

} // namespace fedasio::wire
