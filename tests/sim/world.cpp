#include "sim/world.hpp"

#include <algorithm>
#include <functional>

namespace fedasio::sim {

world::~world() = default;

void world::become_ready(process* whose, std::unique_ptr<action> what) {
    auto found = std::ranges::find(ready_, whose, &queue::whose);
    if (found == ready_.end()) {
        found = ready_.insert(ready_.end(), queue{whose, 0, {}});
    }
    found->actions.push_back(std::move(what));
}

std::vector<std::size_t> world::runnable() const {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < ready_.size(); ++i) {
        if (ready_[i].whose == nullptr || ready_[i].whose->frozen_until <= now_) {
            places.push_back(i);
        }
    }
    return places;
}

void world::let_time_pass() {
    now_ = later_.begin()->first;
    while (!later_.empty() && later_.begin()->first <= now_) {
        auto due = later_.extract(later_.begin());
        become_ready(due.mapped().whose, std::move(due.mapped().what));
    }
}

bool world::step(time_point until) {
    auto places = runnable();
    while (places.empty()) {
        if (later_.empty() || later_.begin()->first > until) {
            return false;
        }
        let_time_pass();
        places = runnable();
    }
    const auto place = ready_.begin() + static_cast<std::ptrdiff_t>(places[chosen.below(places.size())]);
    const auto next = std::move(place->actions[place->next]);
    current_ = place->whose;
    if (++place->next == place->actions.size()) {
        ready_.erase(place);
    }
    ++steps_;
    next->call();
    current_ = nullptr;
    return true;
}

void world::freeze(process& who, duration how_long) {
    who.frozen_until = now_ + how_long;
    at(who.frozen_until, nullptr, [] {});
}

std::deque<std::unique_ptr<world::action>> world::take(const process& dead) {
    std::deque<std::unique_ptr<action>> taken;
    const auto found = std::ranges::find(ready_, &dead, &queue::whose);
    if (found != ready_.end()) {
        for (auto& what : found->actions) {
            taken.push_back(std::move(what));
        }
        ready_.erase(found);
    }
    for (auto it = later_.begin(); it != later_.end();) {
        if (it->second.whose == &dead) {
            taken.push_back(std::move(it->second.what));
            it = later_.erase(it);
        } else {
            ++it;
        }
    }
    return taken;
}

/// What asio posts to. `pooled`: a thread of the pool, which gets to it in its own time.
class process::executor {
public:
    executor(process& of, bool pooled) noexcept : process_(&of), pooled_(pooled) {}

    executor(const executor& other) noexcept
        : process_(other.process_), pooled_(other.pooled_), may_call_(other.may_call_),
          tracked_(other.tracked_) {
        process_->work_ += tracked_ ? 1 : 0;
    }

    executor& operator=(const executor&) = delete;

    ~executor() { process_->work_ -= tracked_ ? 1 : 0; }

    friend bool operator==(const executor& a, const executor& b) noexcept {
        return a.process_ == b.process_ && a.pooled_ == b.pooled_;
    }

    friend bool operator!=(const executor& a, const executor& b) noexcept { return !(a == b); }

    asio::execution_context& query(asio::execution::context_t) const noexcept { return *process_; }

    [[nodiscard]] asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept {
        return may_call_ ? asio::execution::blocking_t(asio::execution::blocking.possibly)
                         : asio::execution::blocking_t(asio::execution::blocking.never);
    }

    [[nodiscard]] executor require(asio::execution::blocking_t::possibly_t) const {
        return {*this, true, tracked_};
    }

    [[nodiscard]] executor require(asio::execution::blocking_t::never_t) const {
        return {*this, false, tracked_};
    }

    [[nodiscard]] asio::execution::outstanding_work_t
    query(asio::execution::outstanding_work_t) const noexcept {
        return tracked_ ? asio::execution::outstanding_work_t(asio::execution::outstanding_work.tracked)
                        : asio::execution::outstanding_work_t(asio::execution::outstanding_work.untracked);
    }

    [[nodiscard]] executor require(asio::execution::outstanding_work_t::tracked_t) const {
        return {*this, may_call_, true};
    }

    [[nodiscard]] executor require(asio::execution::outstanding_work_t::untracked_t) const {
        return {*this, may_call_, false};
    }

    template <class Function>
    void execute(Function what) const {
        auto& in = process_->world_;
        if (process_->dead_) {
            process_->dying_.push_back(world::bind(std::move(what)));
        } else if (may_call_ && !pooled_ && in.current() == process_) {
            std::move(what)();
        } else {
            const auto delay = pooled_ ? in.chosen.time(process_->slowest_job) : duration::zero();
            in.at(in.now() + delay, process_, std::move(what));
        }
    }

private:
    executor(const executor& like, bool may_call, bool tracked) noexcept
        : process_(like.process_), pooled_(like.pooled_), may_call_(may_call), tracked_(tracked) {
        process_->work_ += tracked_ ? 1 : 0;
    }

    process* process_;
    bool pooled_;
    bool may_call_ = true;
    bool tracked_ = false;
};

class process::process_clock final : public clock {
public:
    explicit process_clock(process& of) : process_(of) {}

    [[nodiscard]] time_point now() const override { return process_.world_.now(); }

    [[nodiscard]] double unix_time() const override {
        return 1.75e9 + std::chrono::duration<double>(now().time_since_epoch()).count();
    }

    [[nodiscard]] std::unique_ptr<net::alarm> at(time_point when, std::function<void()> what) override {
        auto set = std::make_unique<pending>();
        set->action = std::make_shared<std::function<void()>>(std::move(what));
        if (when != time_point::max() && !process_.dead_) {
            const std::weak_ptr weak(set->action);
            process_.world_.at(when, &process_, [weak] {
                if (const auto call = weak.lock()) {
                    (*call)();
                }
            });
        }
        return set;
    }

private:
    struct pending final : net::alarm {
        std::shared_ptr<std::function<void()>> action;
    };

    process& process_;
};

process::process(world& in, std::string name)
    : world_(in), name_(std::move(name)), clock_(std::make_unique<process_clock>(*this)),
      runtime_{executor(*this, false), *clock_, [this] { return world_.chosen.number(); }} {}

process::~process() {
    kill();
    runtime_.executor = {};
}

asio::any_io_executor process::pool() noexcept {
    return executor(*this, true);
}

// In the order in which an io_context lets go: first who waits, then what was posted, and what that posts in
// turn; nothing is let go inside of something else.
void process::kill() {
    if (dead_) {
        return;
    }
    dead_ = true;
    dying_ = world_.take(*this);
    shutdown();
    while (!dying_.empty()) {
        const auto next = std::move(dying_.front());
        dying_.pop_front();
    }
}

} // namespace fedasio::sim
