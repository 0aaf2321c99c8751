#include "store/postgres/replies.hpp"

#include <iterator>

namespace wxgate::store::postgres {

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
    return e.answers.size() <= e.work->work.size();
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
