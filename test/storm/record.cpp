#include "record.hpp"

namespace wxgate::test {

void record::payment(std::string const& merchant, std::string const& token, json::value const& given) {
    told t;
    t.merchant = merchant;
    t.number = text_of(given, "out_trade_no");
    t.token = token;
    t.state = text_of(given, "trade_state");
    t.fee = number_of(given, "total_fee");
    std::lock_guard const lock(guard_);
    acknowledged_.insert(std::move(t));
}

void record::refund(std::string const& merchant, json::value const& given) {
    told t;
    t.refund = true;
    t.merchant = merchant;
    t.number = text_of(given, "out_refund_no");
    t.order = text_of(given, "out_trade_no");
    t.state = text_of(given, "refund_status");
    t.fee = number_of(given, "refund_fee");
    std::lock_guard const lock(guard_);
    acknowledged_.insert(std::move(t));
}

void record::trespassed(std::string const& merchant, std::string const& number, std::string const& what) {
    std::lock_guard const lock(guard_);
    trespasses_.push_back({merchant, number, what});
}

void record::strange(std::string const& what) {
    std::lock_guard const lock(guard_);
    if (strange_.size() < max_strange)
        strange_.push_back(what);
}

void record::count(std::string const& what, unsigned status) {
    std::lock_guard const lock(guard_);
    ++counts_[what][status];
}

std::set<told> record::acknowledged() const {
    std::lock_guard const lock(guard_);
    return acknowledged_;
}

std::vector<trespass> record::trespasses() const {
    std::lock_guard const lock(guard_);
    return trespasses_;
}

std::vector<std::string> record::trouble() const {
    std::lock_guard const lock(guard_);
    return strange_;
}

std::string record::account() const {
    std::lock_guard const lock(guard_);
    std::string text;
    for (auto const& [what, by_status] : counts_) {
        text += "  " + what + ":";
        for (auto const& [status, n] : by_status)
            text += " " + (status == 0 ? std::string("none") : std::to_string(status)) + " × " +
                    std::to_string(n);
        text += "\n";
    }
    return text;
}

} // namespace wxgate::test
