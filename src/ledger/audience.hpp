// Who hears of changes: the merchants that have a webhook. What a merchant hears is written in the batch of
// the change, and carried to the shop from there or found in the store.
#pragma once

#include "base/time.hpp"
#include "store/store.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>

namespace wxgate::ledger {

struct webhook_message;

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

    /// Called when a message has been written that nobody carries; set before anybody uses this. May be
    /// empty.
    std::function<void()> on_message;

private:
    mutable std::shared_mutex mutex_;
    std::set<std::string> merchants_;
};

/// For those who only read.
inline audience const nobody;

/// The messages of one batch that are left to be found in the store.
class teller {
public:
    teller(audience const& shop, std::string const& merchant) : shop_(shop), hears_(shop.has(merchant)) {}

    /// Whether this merchant is told anything.
    bool hears() const noexcept { return hears_; }

    /// Adds a statement that writes a message, if there is one to write.
    void add(store::batch& b, store::statement s) {
        places_.push_back(b.size());
        b.push_back(std::move(s));
    }

    /// To be called when the batch is durable.
    void written(store::results const& r) const {
        for (auto const at : places_)
            if (r[at].changed() > 0 && shop_.on_message)
                return shop_.on_message();
    }

private:
    audience const& shop_;
    bool hears_;
    std::vector<std::size_t> places_;
};

/// Carries messages to the shops from the hands of those who wrote them. Belongs to one worker.
class courier {
public:
    courier() = default;
    courier(courier const&) = delete;
    courier& operator=(courier const&) = delete;
    virtual ~courier() = default;

    /// Until when a message to this merchant that is about to be written may be the courier's alone; nothing
    /// when it carries none now.
    virtual std::optional<unix_ms> reserve(std::string const& merchant) = 0;

    /// What the names of those who have leases begin with in this process; "" when it has the store to
    /// itself.
    virtual std::string lease_prefix() const { return {}; }

    /// Delivers a message that is durable, leased to its own id, behind lease_prefix(), until then.
    virtual void carry(webhook_message message, unix_ms until) = 0;
};

} // namespace wxgate::ledger
