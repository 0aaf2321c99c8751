#include "sandbox/request_log.hpp"

#include "base/text.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace wxgate::sandbox {

namespace json = boost::json;

std::shared_ptr<request_record>
request_log::add(unix_ms at, std::string operation, std::string path, std::string request_body) {
    auto r = std::make_shared<request_record>();
    r->at = at;
    r->operation = std::move(operation);
    r->path = std::move(path);
    r->request_body = std::move(request_body);
    bytes_ += r->request_body.size();
    records_.push_back(r);
    while (records_.size() > max_records || (bytes_ > max_bytes && records_.size() > 1)) {
        bytes_ -= records_.front()->request_body.size();
        records_.pop_front();
    }
    return r;
}

json::array request_log::newest(std::size_t n) const {
    json::array out;
    std::size_t const count = std::min(n, records_.size());
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto const& r = *records_[records_.size() - 1 - i];
        fields parsed;
        if (r.request.empty())
            static_cast<void>(decode_xml(r.request_body, parsed)); // no fields when it is no such XML
        fields const& request = r.request.empty() ? parsed : r.request;
        json::object named;
        for (std::size_t f = 0; f < request.size(); ++f)
            named[request[f].name] = request[f].value;
        json::object o;
        o["at"] = to_rfc3339(r.at);
        o["operation"] = r.operation;
        o["path"] = r.path;
        o["request"] = std::move(named);
        o["request_body"] = as_utf8(r.request_body);
        o["response_body"] = as_utf8(r.response_body);
        o["client_certificate"] =
            r.client_certificate.empty() ? json::value(nullptr) : json::value(r.client_certificate);
        o["status"] = r.status;
        o["took_ms"] = r.took.count();
        out.push_back(std::move(o));
    }
    return out;
}

void request_log::clear() {
    records_.clear();
    bytes_ = 0;
}

std::string as_utf8(std::string text) {
    if (!is_utf8(text))
        std::replace_if(
            text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?'
        );
    return text;
}

} // namespace wxgate::sandbox
