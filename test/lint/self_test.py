"""Shows that each lint can fail: every bad snippet is flagged at its line, every good one is not."""

import os
import sys
import tempfile

sys.dont_write_bytecode = True  # the work tree stays clean
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lint

# (rule, path, text, line that must be flagged; None: nothing may be)
CASES = [
    ("layers", "src/wire/a.cpp", '#include "base/text.hpp"\n#include "wire/b.hpp"\n#include <wxgate/fields.hpp>\n', None),
    ("layers", "src/wire/a.cpp", '#include "async/task.hpp"\n', 1),
    ("layers", "src/wire/a.cpp", "\n#include <boost/asio/post.hpp>\n", 2),
    ("layers", "src/wire/a.cpp", "// #include <boost/asio/post.hpp>\n/*\n#include <boost/asio.hpp>\n*/\n", None),
    ("layers", "src/base/a.cpp", "#include <boost/asio/post.hpp>\n", 1),
    ("layers", "src/base/a.cpp", '#include "wire/xml_writer.hpp"\n', 1),
    ("layers", "src/base/a.cpp", "#include <wxgate/fields.hpp>\n", 1),
    ("layers", "src/net/a.cpp", '#include "store/store.hpp"\n', 1),
    ("layers", "src/net/a.cpp", "#include <wxgate/messages.hpp>\n", 1),
    ("layers", "src/net/a.cpp", "#include <boost/beast/http.hpp>\n#include <openssl/ssl.h>\n#include <wxgate/limits.hpp>\n", None),
    ("layers", "src/store/a.cpp", '#include "net/url.hpp"\n', 1),
    ("layers", "src/store/a.cpp", "#include <sqlite3.h>\n", None),
    ("layers", "src/ledger/a.cpp", "#include <sqlite3.h>\n", 1),
    ("layers", "src/ledger/a.cpp", '#include "client/upstream.hpp"\n', 1),
    ("layers", "src/ledger/a.cpp", "#include <wxgate/client.hpp>\n", 1),
    ("layers", "src/client/a.cpp", '#include "gateway/api/json.hpp"\n', 1),
    ("layers", "src/client/a.cpp", '#include "client/upstream.hpp"\n#include "net/http_client.hpp"\n#include <wxgate/client.hpp>\n', None),
    ("layers", "src/gateway/a.cpp", "#include <boost/beast/http.hpp>\n", 1),
    ("layers", "src/gateway/a.cpp", "#include <openssl/evp.h>\n", 1),
    ("layers", "src/gateway/a.cpp", "#include <boost/asio/ssl.hpp>\n", 1),
    ("layers", "src/gateway/a.cpp", "#include <postgresql/libpq-fe.h>\n", 1),
    ("layers", "src/gateway/a.cpp", "#include <libpq-fe.h>\n", 1),
    ("layers", "src/gateway/a.cpp", '#include "sandbox/merchants.hpp"\n', 1),
    ("layers", "src/gateway/a.cpp", '#include "json.hpp"\n', 1),
    ("layers", "src/gateway/a.cpp", '#include "../ledger/orders.hpp"\n', 1),
    ("layers", "src/gateway/a.cpp", '#include "ledger/orders.hpp"\n#include <boost/json.hpp>\n#include <boost/asio/post.hpp>\n', None),
    ("layers", "src/sandbox/a.cpp", '#include "gateway/api/json.hpp"\n', 1),
    ("layers", "src/async/asio_impl.cpp", "#include <boost/beast/src.hpp>\n", None),
    ("layers", "src/async/task.cpp", "#include <boost/beast/src.hpp>\n", 1),
    ("layers", "src/main_gateway.cpp", '#include "gateway/gateway.hpp"\n#include <boost/program_options.hpp>\n', None),
    ("layers", "src/main_gateway.cpp", '#include "sandbox/server.hpp"\n', 1),
    ("layers", "src/main_other.cpp", "", 1),
    ("layers", "src/new_folder/a.cpp", "", 1),
    ("layers", "include/wxgate/a.hpp", "#include <wxgate/error.hpp>\n#include <boost/asio/awaitable.hpp>\n#include <string>\n", None),
    ("layers", "include/wxgate/a.hpp", '#include "base/text.hpp"\n', 1),
    ("layers", "include/wxgate/a.hpp", "#include <boost/beast/core.hpp>\n", 1),
    ("layers", "include/wxgate/a.hpp", "#include <openssl/evp.h>\n", 1),
    ("layers", "bench/micro/a.cpp", '#include "micro/b.hpp"\n#include "report/c.hpp"\n#include "wire/d.hpp"\n#include "verb.hpp"\n#include <pugixml.hpp>\n', None),
    ("layers", "bench/micro/a.cpp", '#include "load/b.hpp"\n', 1),
    ("layers", "bench/report/a.cpp", '#include "micro/b.hpp"\n', 1),
    ("layers", "bench/report/a.cpp", '#include "verb.hpp"\n', 1),
    ("layers", "bench/main.cpp", '#include "report/a.hpp"\n#include "verb.hpp"\n', None),
    ("layers", "bench/new_folder/a.cpp", "", 1),
    ("layers", "src/wire/a.cpp", '#include "report/report.hpp"\n', 1),
    ("banned", "bench/micro/a.cpp", "read_xml(in, tree);\nco_spawn(e, g(), asio::detached);\n", 2),
    ("banned", "src/net/a.cpp", "void f() {\n    co_spawn(e, g(), asio::detached);\n}\n", 2),
    ("banned", "src/net/a.cpp", '// detached\nauto s = "detached"; auto r = R"(detached "x)";\n', None),
    ("banned", "src/net/a.cpp", "auto n = 1'000; auto d = detached;\n", 1),
    ("banned", "src/net/a.cpp", "auto c = '\"'; auto d = detached; auto e = '\"';\n", 1),
    ("banned", "src/gateway/a.cpp", "read_xml(in, tree);\n", 1),
    ("banned", "src/net/a.cpp", "context.set_verify_mode(asio::ssl::verify_none);\n", 1),
    ("banned", "src/net/a.cpp", "if (beast::iequals(a, b)) {}\n", 1),
    ("banned", "src/net/a.cpp", "if (ascii_iequals(a, b)) {}\n", None),
    ("banned", "src/net/a.cpp", "using namespace asio::experimental::awaitable_operators;\n", 1),
    ("banned", "src/net/a.cpp", "#include <boost/asio/experimental/channel.hpp>\n", 1),
    ("banned", "src/net/a.cpp", "auto g = make_parallel_group(a, b), h = parallel_group(a);\n", 1),
    ("banned", "src/net/a.cpp", "\nassert(x > 0);\n", 2),
    ("banned", "src/net/a.cpp", "#include <cassert>\n", 1),
    ("banned", "src/net/a.cpp", "static_assert(x > 0);\nWXGATE_ASSERT(y);\n", None),
    ("banned", "src/ledger/a.cpp", "double fee = 0.01;\n", 1),
    ("banned", "include/wxgate/money.hpp", "float x;\n", 1),
    ("banned", "src/base/metrics.hpp", "double bounds;\n", None),
    ("beast", "src/net/http_server.cpp", "co_await http::async_read(s, b, p, use_tuple);\n", None),
    ("beast", "src/net/http_gate.cpp", "co_await http::async_read(s, b, p, use_tuple);\n", 1),
    ("beast", "src/client/a.cpp", "boost::beast::http::write(s, r);\n", 1),
    ("beast", "src/net/http_gate.cpp", "using namespace boost::beast::http;\n", 1),
    ("beast", "src/net/http_server.cpp", "beast::flat_buffer buffer;\n", 1),
    ("beast", "src/net/http_server.cpp", "auto b = beast::flat_buffer();\n", 1),
    ("beast", "src/net/http_server.cpp", "beast::flat_buffer b{};\n", 1),
    ("beast", "src/net/http_server.cpp", "beast::flat_buffer buffer(limits.read_buffer);\nvoid f(beast::flat_buffer& b);\n", None),
    ("beast", "src/net/http_server.cpp", "s::s() : buffer_(limits_.read_buffer) {}\nbeast::flat_buffer buffer_;\n", None),
    ("spawn", "src/net/a.cpp", 'co_spawn(e, f(1, {2, 3}), report("session"));\n', None),
    ("spawn", "src/net/a.cpp", 'asio::co_spawn(\n    e, f(),\n    wxgate::report("session")\n);\n', None),
    ("spawn", "src/net/a.cpp", "co_await asio::co_spawn(e, f(), asio::use_awaitable);\n", None),
    ("spawn", "src/net/a.cpp", "\nasio::co_spawn(e, f(), [](std::exception_ptr) {});\n", 2),
    ("spawn", "src/net/a.cpp", "co_spawn(e, f(), token);\n", 1),
    ("spawn", "bench/load/a.cpp", "co_spawn(e, f(), token);\n", 1),
    ("size", "src/net/a.cpp", "\n" * 600, None),
    ("size", "src/net/a.cpp", "\n" * 601, 601),
    ("size", "bench/load/a.cpp", "\n" * 601, 601),
    ("top_level", "src/a.cpp", "", None),
    ("top_level", "bench/main.cpp", "", None),
    ("top_level", "notes.txt", "", 1),
    ("top_level", "scripts/a.sh", "", 1),
    ("packages", "README.md", "| `g++` | build | the compiler |\n", None),
    ("packages", "README.md", "no table\n", 1),
    ("packages", "README.md", "| `g++` | build | the compiler |\n| `cmake` | build | builds |\n", 2),
]

PATHS = "paths:\n  /a/{b}:\n    get:\n      operationId: x\n      summary: X\n      parameters:\n        - %s\n      responses:\n        \"200\":\n          description: OK\n"
PARAMETER = '$ref: "#/components/parameters/B"'
COMPONENT = "components:\n  parameters:\n    B:\n      name: b\n      in: path\n"
CASES += [
    ("openapi", "conf/openapi.yaml", PATHS % PARAMETER + COMPONENT, None),
    ("openapi", "conf/openapi.yaml", PATHS % '$ref: "#/components/parameters/C"' + COMPONENT, {7, 13, 2}),
    ("openapi", "conf/openapi.yaml", PATHS % PARAMETER + COMPONENT.replace("name: b", "name: c"), 2),
    ("openapi", "conf/openapi.yaml", PATHS.replace("summary: X", "tags: [a]") % PARAMETER + COMPONENT, 2),
    ("openapi", "conf/openapi.yaml", "a: b\na: c\n", 2),
    ("openapi", "conf/openapi.yaml", "a:\n   b: c\n", 2),
    ("openapi", "conf/openapi.yaml", "a: &b c\n", 1),
    ("openapi", "conf/openapi.yaml", "a: it: is\n", 1),
]

ALERT = "groups:\n  - name: wxgate\n    rules:\n      - alert: %s\n        expr: \"%s\"\n        labels:\n          severity: %s\n        annotations:\n          summary: \"x\"\n          action: \"y\"\n"
CASES += [
    ("alerts", "conf/alerts.yaml", ALERT % ("WxgateDown", "up == 0", "page"), None),
    ("alerts", "conf/alerts.yaml", ALERT % ("Down", "up == 0", "page"), 4),
    ("alerts", "conf/alerts.yaml", ALERT % ("WxgateDown", "sum(up == 0", "page"), 4),
    ("alerts", "conf/alerts.yaml", ALERT % ("WxgateDown", "up == 0", "loud"), 4),
    ("alerts", "conf/alerts.yaml", ALERT.replace("action", "act") % ("WxgateDown", "up == 0", "page"), 4),
    ("alerts", "conf/alerts.yaml", "groups:\n  - name: wxgate\n", 1),
    ("alerts", "conf/alerts.yaml", "groups: it: is\n", 1),
]
PANEL = '{"id": %s, "type": "stat", "targets": [{"datasource": {"uid": "${datasource}"}, "expr": "%s"}]}'
CASES += [
    ("dashboard", "conf/grafana-dashboard.json", '{"panels": [%s]}' % (PANEL % (1, "up")), None),
    ("dashboard", "conf/grafana-dashboard.json", '{"panels": [%s, %s]}' % (PANEL % (1, "up"), PANEL % (1, "up")), 1),
    ("dashboard", "conf/grafana-dashboard.json", '{"panels": [%s]}' % (PANEL % (1, "")), 1),
    ("dashboard", "conf/grafana-dashboard.json", '{"panels": []}', 1),
    ("dashboard", "conf/grafana-dashboard.json", '{\n"panels": [}', 2),
]
UNIT = "[Service]\nExecStart=/bin/true\n"
CASES += [
    ("service", "conf/wxgate.service", UNIT, 1),
    ("service", "conf/wxgate.service", UNIT + "\n".join(lint.SERVICE[1:]), 1),
]


def main():
    failures = 0
    for rule, path, text, expected in CASES:
        with tempfile.TemporaryDirectory() as root:
            name = os.path.join(root, path)
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "w", encoding="utf-8") as f:
                f.write(text)
            if rule == "packages":
                os.makedirs(os.path.join(root, "conf"))
                with open(os.path.join(root, "conf/packages"), "w", encoding="utf-8") as f:
                    f.write("build g++ the compiler\n")
            found = list(lint.RULES[rule](lint.Tree(root)))
        lines = {number for _, number, _ in found}
        if lines != (set() if expected is None else expected if isinstance(expected, set) else {expected}):
            failures += 1
            print(f"{rule} on {path} {text[:80]!r}: expected {expected}, got {found}")
    untested = set(lint.RULES) - {rule for rule, _, _, expected in CASES if expected}
    if untested:
        failures += 1
        print(f"rules never shown to fail: {', '.join(sorted(untested))}")
    print(f"{len(CASES)} snippets, {failures} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
