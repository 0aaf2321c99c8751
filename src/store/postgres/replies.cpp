#include "store/postgres/replies.hpp"

#include <cstddef>
#include <iterator>
#include <utility>

namespace wxgate::store::postgres {

void exchange::take(jobs group) {
    work = std::move(group);
    runs = runs_of(work);
}

void exchange::hand_out_answers() {
    for (auto const& j : work) {
        if (j->answered == 0)
            j->outcome = results(j->work.size());
        ++j->answered;
    }
    for (std::size_t i = 0; i < runs.size(); ++i)
        hand_out(runs[i], std::move(answers[i]));
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
    return e.answers.size() <= e.runs.size();
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

bool reply_book::on_sync(exchange& done, exchange::clock::time_point now) {
    ends_ = 0;
    if (empty())
        return false;
    done = std::move(under_way_.front());
    under_way_.pop_front();
    answered_ = now;
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
