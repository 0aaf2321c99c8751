// WeChat's side of refunds for the scripted stand-in: it accepts each refund once, knows it from then on, and
// lets a test decide what any single call is answered.
#pragma once

#include "support/stand_in.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::test {

class refund_desk {
public:
    /// What the n-th call (from 1) about a refund is answered; nothing: as usual.
    using rule = std::function<std::optional<answer>(call const&, int n)>;

    explicit refund_desk(stand_in& wechat) : wechat_(wechat) {}

    /// The stand-in answers as told here, from now on.
    void open();

    /// Rules for the calls, and the queries, about one number.
    void on_refund(std::string const& out_refund_no, rule r);
    void on_query(std::string const& out_refund_no, rule r);

    /// Refunds that are accepted are asked about with this answer, until told otherwise: SUCCESS at first.
    void settle(std::string const& out_refund_no, std::string const& status);

    /// As on a good day: the refund is done (if it was not), and its answer.
    answer accept(call const& c);
    answer tell(call const& c);

    /// What refundquery says of `c`'s number, with these fields changed and signed.
    answer told_with(call const& c, message const& changes);

    bool knows(std::string const& out_refund_no) const;
    std::string refund_id(std::string const& out_refund_no) const;

    std::size_t asked(std::string const& out_refund_no) const;   // calls of /secapi/pay/refund
    std::size_t queried(std::string const& out_refund_no) const; // of /pay/refundquery

    /// "": all calls about this number were the same but for nonce_str and sign, and between any
    /// two of them there were at least `queries` queries. Else what is wrong.
    std::string trouble(std::string const& out_refund_no, std::size_t queries = 1) const;

    /// Everything about this number, oldest first.
    std::vector<call> about(std::string const& out_refund_no) const;

private:
    struct entry {
        message request;
        std::string refund_id;
        std::string status = "SUCCESS";
        bool accepted = false;
        int asked = 0;
        int queried = 0;
        rule on_refund;
        rule on_query;
    };

    answer decide(call const& c);
    message told(call const& c, entry const& e) const;

    stand_in& wechat_;
    mutable std::mutex guard_;
    std::map<std::string, entry> entries_;
};

} // namespace wxgate::test
