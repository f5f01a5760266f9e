#pragma once

#include <fedasio/method/fixed_point.hpp>
#include <fedasio/method/rejection.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/method/update_check.hpp>
#include <fedasio/net/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace fedasio::method {

/// How an update counts in a sum.
struct addend {
    std::uint32_t client = 0;
    double factor = 0; ///< strategy::factor()
    double share = 1;  ///< strategy::share()
    /// Of so many values, from the first on; the others count whole: they are statistics, not what is
    /// trained.
    std::size_t shared_values = std::numeric_limits<std::size_t>::max();
    double allowance = 1; ///< 1 or more: how many times as far as others it may honestly go
};

/// The weighted sum of a round's updates and of each channel, exact: the result is bit-identical in whatever
/// order and on however many threads updates are added, because sums are integers (fixed_point) and the
/// factors are added up in the order of clients.
///
/// With a norm bound it leaves out updates that are out of all proportion (after Sun et al., "Can you really
/// backdoor federated learning?", 2019, but against the round's own median), so that no single client can
/// throw the model away by weights that are merely finite. An update counts if its norm
/// share * ||update - x|| over its allowance is at most `norm_bound` times the median norm of all updates
/// that came (of an even number the lower one), or at most an eighth of ||x||: what moves the model so little
/// cannot spoil it. Both are rounded up to a power of two, so that what counts is known by the exponent
/// alone: updates of one exponent are added to one sum as they come, and sums that do not count are forgotten
/// at the end. So the result depends neither on the order of arrival nor on what was left out, and no update
/// is kept. Of one or two updates both count: their median says nothing. At least half of all that came
/// always counts.
///
/// Memory: 8 bytes for a parameter and channel, whatever the number of updates and threads; with a norm bound
/// as many for each power of two above an eighth of ||x|| that occurs, of which 15 are told apart.
///
/// add() and merge() may be called from many threads at once: each locks one block of the sums at a time.
/// Everything else wants to be alone, and what reads results comes after settle().
class round_sum {
public:
    /// `largest_total` is the sum of strategy::largest_factor() over the cohort. `norm_bound` is a power of
    /// two; none: every update counts. `base` is copied; what it refers to must outlive the sum. Throws
    /// std::invalid_argument, as fixed_point does.
    round_sum(const update_check& base, double largest_total,
              std::optional<std::uint32_t> norm_bound = std::nullopt);

    /// An update that was checked by `base`, and how it counts.
    struct addition {
        const checked_update* update = nullptr;
        addend how;
    };

    /// Adds an update, or says why not and leaves everything as it was.
    [[nodiscard]] std::optional<rejection> add(const checked_update& update, const addend& how);
    /// Each of them, as one after the other, but in one pass over the sums, which are twice as large as an
    /// update. `in_blocks` may take several threads for it; none: this one does it all.
    [[nodiscard]] std::vector<std::optional<rejection>> add(std::span<const addition> updates,
                                                            const block_runner& in_blocks = {});

    /// Adds all that was added to `other`, which must have been made with the same arguments
    /// (std::invalid_argument), or says why not and leaves everything as it was.
    [[nodiscard]] std::optional<rejection> merge(const round_sum& other);

    /// Why an update was left out.
    struct left_out {
        std::uint32_t client = 0;
        double norm = 0;
        double median = 0; ///< of all that came
        double base = 0;   ///< ||x||
    };

    /// Leaves out what is out of proportion, and says what, by client. Call it once, when all have come.
    std::vector<left_out> settle();

    /// Of what counts; before settle() of all that came.
    [[nodiscard]] std::size_t updates() const { return arrivals_.size(); }

    /// The sum of the factors of what counts. This and all below: after settle(), with updates; else
    /// std::logic_error. `out` is as long as the block.
    [[nodiscard]] double total() const;
    /// The weighted mean of the updates.
    void mean(const block& part, std::span<double> out) const;
    /// The mean minus x, before anything is rounded to float32.
    void direction(const block& part, std::span<double> out) const;
    /// The weighted mean of a channel.
    void channel_mean(std::size_t number, const block& part, std::span<double> out) const;

private:
    struct arrival {
        std::uint32_t client = 0;
        double factor = 0;
        double norm = 0;
        int step = 0;
    };

    /// The sums of the updates and of each channel, one after the other. A block holds nothing yet, not even
    /// zeros, until something is added to it: so memory is passed over once less.
    struct sums {
        std::vector<net::buffer> values;
        std::vector<char> has_begun; ///< a block each

        [[nodiscard]] std::span<std::uint64_t> part(std::size_t which, const block& of);
        [[nodiscard]] std::span<const std::uint64_t> part(std::size_t which, const block& of) const;
    };

    [[nodiscard]] int step_of(double norm) const;
    [[nodiscard]] std::optional<rejection> over_maximum(double factor, std::size_t updates) const;
    [[nodiscard]] sums& sums_of(int step);
    [[nodiscard]] std::optional<rejection> enter(const addition& next, sums*& to);
    template <class Work>
    void in_locked_blocks(std::size_t start, const Work& work);
    template <class Work>
    bool add_together(const block_runner& in_blocks, const Work& work);
    void begin(sums& to, std::size_t number);
    void add_block(const addition& from, std::size_t number, sums& to);
    void add_all(sums& to, const sums& from);
    std::vector<left_out> leave_out();
    void mean_of(std::size_t which, const block& part, std::span<double> out) const;

    update_check base_;
    double largest_total_;
    std::optional<std::uint32_t> norm_bound_;
    std::vector<fixed_point> codes_; ///< of the updates and of each channel
    double base_norm_ = 0;
    int lowest_exponent_ = 0;
    std::vector<block> blocks_;
    std::vector<std::mutex> block_locks_;
    std::mutex lock_; ///< of what follows, but for the values of the sums
    std::vector<arrival> arrivals_;
    double total_ = 0;
    std::map<int, sums> sums_; ///< by powers of two above the lowest exponent
};

} // namespace fedasio::method
