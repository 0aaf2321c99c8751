// Who hears of changes: the merchants that have a webhook. What a merchant hears is written in the batch of
// the change.
#pragma once

#include "store/store.hpp"

#include <functional>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>

namespace wxgate::ledger {

/// Thread-safe.
class audience {
public:
    bool has(std::string const& merchant) const {
        std::shared_lock const lock(mutex_);
        return merchants_.contains(merchant);
    }

    /// Changes from now on are told to these.
    void set(std::set<std::string> merchants) {
        std::unique_lock const lock(mutex_);
        merchants_ = std::move(merchants);
    }

    /// Called when a message has been written; set before anybody uses this. May be empty.
    std::function<void()> on_message;

private:
    mutable std::shared_mutex mutex_;
    std::set<std::string> merchants_;
};

/// For those who only read.
inline audience const nobody;

/// The messages of one batch.
class teller {
public:
    teller(audience const& shop, std::string const& merchant) : shop_(shop), hears_(shop.has(merchant)) {}

    /// Whether this merchant is told anything.
    bool hears() const noexcept { return hears_; }

    /// Adds a statement that writes a message, if there is one to write, and returns its id.
    void add(store::batch& b, store::statement s) {
        places_.push_back(b.size());
        b.push_back(std::move(s));
    }

    /// To be called when the batch is durable.
    void written(store::results const& r) const {
        for (auto const at : places_)
            if (!r[at].empty() && shop_.on_message)
                return shop_.on_message();
    }

private:
    audience const& shop_;
    bool hears_;
    std::vector<std::size_t> places_;
};

} // namespace wxgate::ledger
