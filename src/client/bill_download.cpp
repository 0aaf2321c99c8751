#include "client/bill_download.hpp"

#include <algorithm>
#include <iterator>

namespace wxgate {

namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr std::size_t head_size = 16; // enough for the BOM and what follows
constexpr std::size_t max_refusal = 16UL * 1024;

// What is read of a gzip stream at a time: it becomes a thousand times as much at most, so there are never
// more than some thousand rows that have not been handed on.
constexpr std::size_t slice_size = 512;

// What is no bill is read to its end when it is short: then its HTTP status is known.
constexpr std::size_t max_passed_over = 64UL * 1024;

unknown not_known(error_code code, std::string detail) {
    return {code, std::move(detail), true, {}};
}

} // namespace

template <class Table>
awaitable<error_code> table_download<Table>::take(std::string_view piece) {
    if (form_ != form::unknown) {
        error_code const put_on = co_await put(piece);
        co_return put_on;
    }
    head_.append(piece);
    if (head_.size() < head_size)
        co_return error_code();
    recognise();
    error_code const begun = co_await put({});
    co_return begun;
}

// By its first bytes. What is neither is left to the reader of bills, who will not have it.
template <class Table>
void table_download<Table>::recognise() {
    if (head_.starts_with(gzip_magic))
        form_ = form::gzip;
    else if (wire::begins_bill_error(head_))
        form_ = form::refusal;
    else
        form_ = form::text;
}

template <class Table>
awaitable<error_code> table_download<Table>::put(std::string_view piece) {
    std::string first;
    if (form_ == form::refusal) {
        if (head_.size() + piece.size() > max_refusal)
            co_return make_error_code(errc::response_too_large);
        head_.append(piece);
        co_return error_code();
    }
    if (!head_.empty()) { // once: what was held back until its form was known
        first.swap(head_);
        first.append(piece);
        piece = first;
    }
    while (!piece.empty() && !error_.failed()) {
        auto const slice = piece.substr(0, slice_size);
        piece.remove_prefix(slice.size());
        read(slice);
        error_code const ended = co_await give(group_);
        if (ended.failed())
            co_return ended;
    }
    passed_over_ += piece.size();
    error_code ended;
    if (passed_over_ > max_passed_over)
        ended = error_;
    co_return ended;
}

template <class Table>
void table_download<Table>::read(std::string_view slice) {
    auto const row = [this](row_type const& r) { rows_.push_back(r); };
    if (form_ == form::text) {
        error_ = reader_.feed(slice, row);
        return;
    }
    error_code malformed;
    error_ = gunzip_.feed(slice, [&](std::string_view text) {
        if (!malformed.failed())
            malformed = reader_.feed(text, row);
    });
    if (!error_.failed())
        error_ = malformed;
}

// Hands on whole groups while there are at least so many rows.
template <class Table>
awaitable<error_code> table_download<Table>::give(std::size_t least) {
    while (!rows_.empty() && rows_.size() >= least) {
        auto const end = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(group_, rows_.size()));
        std::vector<row_type> group(std::make_move_iterator(rows_.begin()), std::make_move_iterator(end));
        rows_.erase(rows_.begin(), end);
        ended_ = co_await sink_.take(std::move(group));
        if (ended_.failed())
            break;
    }
    co_return ended_;
}

// Unsigned: a hint. What passes by itself is not refused.
template <class Table>
auto table_download<Table>::refusal() const -> outcome<done_type> {
    auto const read = wire::read_bill_error(head_);
    if (!read)
        return not_known(read.error(), "the answer is neither a bill nor a refusal");
    refused said;
    said.return_code = "FAIL";
    said.return_msg = read->return_msg;
    said.err_code_des = read->return_msg;
    said.err_code = read->code;
    if (read->what == wire::bill_trouble::later) {
        unknown busy = not_known(make_error_code(errc::upstream_busy), read->return_msg);
        busy.said = std::move(said);
        return busy;
    }
    if (read->what == wire::bill_trouble::missing)
        said.err_code = no_bill_exists;
    else if (said.err_code.empty() || said.err_code == no_bill_exists)
        said.err_code = read->return_msg;
    return said;
}

template <class Table>
auto table_download<Table>::finish(net::exchange_result const& answer) -> awaitable<outcome<done_type>> {
    if (ended_.failed())
        co_return not_known(ended_, "the receiver of the rows ended it");
    if (!answer)
        co_return unknown{answer.error().code, answer.error().detail, answer.error().sent, {}};
    if (answer->status != 200)
        co_return not_known(make_error_code(errc::bad_status), "HTTP " + std::to_string(answer->status));
    if (form_ == form::unknown) {
        if (head_.empty())
            co_return not_known(make_error_code(errc::truncated_bill), "an empty answer");
        recognise();
        error_code const begun = co_await put({});
        if (begun.failed())
            co_return not_known(begun, "the bill");
    }
    if (form_ == form::refusal)
        co_return refusal();
    error_code wrong = error_;
    if (!wrong.failed() && form_ == form::gzip)
        wrong = gunzip_.finish();
    if (!wrong.failed())
        wrong = reader_.finish();
    if (wrong.failed())
        co_return not_known(wrong, "after " + std::to_string(reader_.rows()) + " rows");
    error_code const ended = co_await give(1);
    if (ended.failed())
        co_return not_known(ended, "the receiver of the rows ended it");
    done_type done;
    done.rows = reader_.rows();
    done.summary = reader_.summary();
    co_return done;
}

template class table_download<bill_table>;
template class table_download<fund_flow_table>;

} // namespace wxgate
