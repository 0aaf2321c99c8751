#include "store/postgres/replies.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace wxgate::store::postgres {

bool is_next(job const& j, statement const& s) noexcept {
    if (j.answered == 0)
        return s.when == wanted::always;
    return j.answered == 1 && s.when != wanted::always && is_wanted(s.when, j.outcome->front());
}

bool is_unfinished(job const& j) noexcept {
    return std::any_of(j.work.begin(), j.work.end(), [&](statement const& s) { return is_next(j, s); });
}

void exchange::add(std::unique_ptr<job> j) {
    for (auto const& s : j->work)
        if (is_next(*j, s))
            ++statements;
    work.push_back(std::move(j));
}

void exchange::hand_out_answers() {
    auto next = answers.begin();
    for (auto const& j : work) {
        results all(j->work.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (is_next(*j, j->work[i]))
                all[i] = std::move(*next++);
            else if (j->answered != 0)
                all[i] = (*j->outcome)[i];
        }
        j->outcome = std::move(all);
        ++j->answered;
    }
}

bool reply_book::on_rows(rows r) {
    ends_ = 0;
    if (empty())
        return false;
    auto& e = under_way_.front();
    if (e.failed)
        return false; // after an error the rest is skipped
    if (e.prepared < e.prepares.size()) {
        ++e.prepared;
        return true;
    }
    e.answers.push_back(std::move(r));
    return e.answers.size() <= e.statements;
}

bool reply_book::on_error(std::string sqlstate, std::string message) {
    ends_ = 0;
    if (empty())
        return false;
    auto& e = under_way_.front();
    if (!e.failed) {
        e.failed = true;
        e.sqlstate = std::move(sqlstate);
        e.message = std::move(message);
    }
    return true;
}

bool reply_book::on_skipped() {
    ends_ = 0;
    return !empty() && under_way_.front().failed;
}

bool reply_book::on_end() noexcept {
    return ++ends_ <= most_ends;
}

bool reply_book::on_sync(exchange& done) {
    ends_ = 0;
    if (empty())
        return false;
    done = std::move(under_way_.front());
    under_way_.pop_front();
    return true;
}

std::vector<exchange> reply_book::give_up() {
    std::vector<exchange> all(
        std::make_move_iterator(under_way_.begin()), std::make_move_iterator(under_way_.end())
    );
    under_way_.clear();
    return all;
}

} // namespace wxgate::store::postgres
