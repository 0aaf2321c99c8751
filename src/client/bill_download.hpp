// The answer to downloadbill while it comes in: a bill, gzipped or not, or a document that says why there is
// none.
#pragma once

#include "net/http_client.hpp"
#include "wire/bill.hpp"
#include "wire/gunzip.hpp"

#include <wxgate/client.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace wxgate {

/// Takes the answer's body, hands on the rows, and judges the whole. One answer; one thread.
class bill_download final : public net::download_sink {
public:
    /// `group`: rows that are handed on at a time.
    bill_download(bill_sink& rows, std::size_t group) : sink_(rows), group_(group) {}

    awaitable<error_code> take(std::string_view piece) override;

    /// After the last byte: hands on what is left, and says how it ended.
    awaitable<outcome<bill_done>> finish(net::exchange_result const& answer);

private:
    enum class form { unknown, gzip, text, refusal };

    awaitable<error_code> put(std::string_view piece);
    awaitable<error_code> give(std::size_t least);
    void recognise();
    void read(std::string_view slice);
    outcome<bill_done> refusal() const;

    bill_sink& sink_;
    std::size_t group_;
    form form_ = form::unknown;
    std::string head_; // the first bytes, until they tell what it is; then all of a refusal
    wire::gunzip gunzip_;
    wire::bill_reader reader_;
    std::vector<bill_row> rows_; // not yet handed on
    error_code error_;           // why it is no bill
    error_code ended_;           // what the sink said
    std::size_t passed_over_ = 0;
};

} // namespace wxgate
