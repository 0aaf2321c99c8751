// What all of WeChat's tables share (protocol A12): lines that are cut out of pieces, a line of names, a line
// of values.
#pragma once

#include <wxgate/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::wire {

inline constexpr std::string_view bill_bom = "\xEF\xBB\xBF";

/// Between two values; every value begins with a backtick and none is quoted.
inline constexpr std::string_view bill_separator = ",`";

/// Cuts what comes in pieces into lines. Its memory is a line's.
class bill_lines {
public:
    explicit bill_lines(std::size_t max_line) : max_line_(max_line) {}

    /// Calls `take` with each line that is complete, without its end (CR LF or LF), until it says an error,
    /// which is then the result. malformed_bill for a line that is too long.
    template <class Take>
    error_code feed(std::string_view piece, Take take) {
        error_code wrong;
        while (!wrong.failed() && !piece.empty()) {
            auto const end = piece.find('\n');
            auto const part = piece.substr(0, end);
            if (part.size() > max_line_ - line_.size()) {
                wrong = make_error_code(errc::malformed_bill);
            } else if (end == std::string_view::npos) {
                line_.append(part);
                piece = {};
            } else {
                piece.remove_prefix(end + 1);
                if (line_.empty()) {
                    wrong = take(without_return(part));
                } else {
                    line_.append(part);
                    wrong = take(without_return(line_));
                    line_.clear();
                }
            }
        }
        return wrong;
    }

    /// Whether the last line has no end.
    bool has_rest() const noexcept { return !line_.empty(); }

private:
    static std::string_view without_return(std::string_view line) noexcept {
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        return line;
    }

    std::size_t max_line_;
    std::string line_; // of which the end has not come
};

/// Calls `each` with every name of a line of names; ends when it says false, and says so.
template <class Each>
bool for_each_name(std::string_view line, Each each) {
    for (;;) {
        auto const end = line.find(',');
        if (!each(line.substr(0, end)))
            return false;
        if (end == std::string_view::npos)
            return true;
        line.remove_prefix(end + 1);
    }
}

/// Cuts a line of values; false when it is none.
inline bool split_values(std::string_view line, std::vector<std::string_view>& values) {
    values.clear();
    if (!line.starts_with('`'))
        return false;
    line.remove_prefix(1);
    for (;;) {
        auto const end = line.find(bill_separator);
        values.push_back(line.substr(0, end));
        if (end == std::string_view::npos)
            return true;
        line.remove_prefix(end + bill_separator.size());
    }
}

} // namespace wxgate::wire
