// The answer to downloadbill or downloadfundflow while it comes in: a table, gzipped or not, or a document
// that says why there is none.
#pragma once

#include "net/http_client.hpp"
#include "wire/bill.hpp"
#include "wire/fund_flow.hpp"
#include "wire/gunzip.hpp"

#include <wxgate/client.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace wxgate {

/// Takes the answer's body, hands on the rows, and judges the whole. One answer; one thread. `Table` names
/// the reader, a row, where rows go, and what a whole table ends with.
template <class Table>
class table_download final : public net::download_sink {
public:
    using row_type = typename Table::row;
    using sink_type = typename Table::sink;
    using done_type = typename Table::done;

    /// `group`: rows that are handed on at a time.
    table_download(sink_type& rows, std::size_t group) : sink_(rows), group_(group) {}

    awaitable<error_code> take(std::string_view piece) override;

    /// After the last byte: hands on what is left, and says how it ended.
    awaitable<outcome<done_type>> finish(net::exchange_result const& answer);

private:
    enum class form { unknown, gzip, text, refusal };

    awaitable<error_code> put(std::string_view piece);
    awaitable<error_code> give(std::size_t least);
    void recognise();
    void read(std::string_view slice);
    outcome<done_type> refusal() const;

    sink_type& sink_;
    std::size_t group_;
    form form_ = form::unknown;
    std::string head_; // the first bytes, until they tell what it is; then all of a refusal
    wire::gunzip gunzip_;
    typename Table::reader reader_;
    std::vector<row_type> rows_; // not yet handed on
    error_code error_;           // why it is no such table
    error_code ended_;           // what the sink said
    std::size_t passed_over_ = 0;
};

struct bill_table {
    using reader = wire::bill_reader;
    using row = bill_row;
    using sink = bill_sink;
    using done = bill_done;
};

struct fund_flow_table {
    using reader = wire::fund_flow_reader;
    using row = fund_flow_row;
    using sink = fund_flow_sink;
    using done = fund_flow_done;
};

using bill_download = table_download<bill_table>;
using fund_flow_download = table_download<fund_flow_table>;

extern template class table_download<bill_table>;
extern template class table_download<fund_flow_table>;

} // namespace wxgate
