"""What the compiler does not hold: layers, banned names, sizes.

    python3 test/lint/lint.py RULE [ROOT]     one rule over the work tree (ROOT: another tree, for the self-test)
    python3 test/lint/lint.py --list          the rules

Prints FILE:LINE: what is wrong, and exits 1 when there was anything.
"""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True  # the work tree stays clean
sys.path.insert(0, HERE)
import simple_yaml

# ---- the rules' data ------------------------------------------------------------------------------------------------

# A folder of src, and the other folders it may include from (ARCHITECTURE.md's layers; the CMake targets link the same).
LAYERS = {
    "base": set(),
    "wire": {"base"},
    "async": {"base"},
    "net": {"async", "base"},
    "store": {"async", "base"},
    "client": {"net", "wire", "async", "base"},
    "ledger": {"store", "wire", "async", "base"},
    "gateway": {"client", "ledger", "console", "net", "store", "wire", "async", "base"},
    "console": {"base"},
    "sandbox": {"net", "wire", "async", "base"},
}

# bench stands above every layer and may include from all, and any library. Its folders, and the others that each may
# include from (main.cpp: all; verb.hpp: everybody but report).
BENCH = {
    "report": set(),
    "micro": {"report"},
    "load": {"report"},
}
GENERATED_IN_BENCH = {"build_commit.hpp"}

# The programs: src/main_*.cpp wires one product together.
MAINS = {"main_gateway.cpp": "gateway", "main_sandbox.cpp": "sandbox"}

# Public headers (include/wxgate) that a layer with no business in WeChat may include; the others may include all.
PUBLIC_HEADERS = {
    "base": {"error.hpp", "limits.hpp"},
    "async": {"error.hpp", "limits.hpp"},
    "net": {"error.hpp", "limits.hpp"},
    "store": {"error.hpp", "limits.hpp"},
}
# client.hpp is the client's own: nothing below it may include it.
CLIENT_HEADER_USERS = {"client", "gateway"}

# A library's headers, and the only places that may include them ("public" is include/wxgate, "main" src/main_*.cpp).
LIBRARIES = [
    (r"boost/beast", {"net", "async/beast_impl.cpp"}),
    (r"boost/asio/ssl", {"net", "async/asio_ssl_impl.cpp"}),
    (r"boost/asio", {"async", "net", "store", "client", "ledger", "gateway", "console", "sandbox", "main", "public"}),
    (r"openssl/", {"base", "wire", "net"}),
    (r"sqlite3|libpq|pqxx|postgresql/", {"store"}),
    (r"zlib\.h", {"wire"}),
    (r"spdlog|fmt/", {"base"}),
    (r"boost/property_tree", {"gateway", "sandbox"}),
    (r"boost/json", {"client", "gateway", "sandbox"}),
    (r"boost/program_options", {"main"}),
]

# Beast's operations are instantiated in these two files and nowhere else: each costs 20 s to compile.
BEAST_OPERATIONS = {"src/net/http_server.cpp", "src/net/http_client.cpp"}

# (what, regular expression over code without comments and strings, why)
BANNED = [
    ("detached", r"\bdetached\b", "loses exceptions silently; co_spawn(…, report(\"name\"))"),
    ("read_xml", r"\bread_xml\b", "recursive, lenient; wire's flat reader"),
    ("verify_none", r"\bverify_none\b", "every peer is verified"),
    ("iequals", r"\biequals\b", "beast's reads past the end, boost's asks the locale; ascii_iequals of base/text.hpp"),
    ("awaitable_operators", r"\bawaitable_operators\b", "|| waits for the timer when the operation throws; async/deadline.hpp"),
    ("parallel_group", r"\bparallel_group\b", "known bugs in Boost 1.81"),
    ("experimental", r"\b(asio|net)::experimental\b|boost/asio/experimental", "known bugs in Boost 1.81"),
    ("assert", r"\bassert\s*\(|\bBOOST_ASSERT\s*\(|<cassert>|<assert\.h>", "WXGATE_ASSERT, which stays on in release"),
]

# Allowed in bench: PropertyTree's reader is one of those that ours is measured against.
ALLOWED_IN_BENCH = {"read_xml"}

FLOATING = re.compile(r"\b(float|double)\b")
FLOATING_BANNED_IN = re.compile(r"^(src/(wire|store|ledger)/|include/)")

MAX_LINES = 600

# What the unit must say (RELIABILITY 5.5), whatever else it says.
SERVICE = [
    "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
    "PrivateDevices=yes", "ProtectProc=invisible", "ProcSubset=pid", "ProtectKernelTunables=yes", "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes", "ProtectControlGroups=yes", "ProtectClock=yes", "ProtectHostname=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces=yes", "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes", "SystemCallArchitectures=native",
    "UMask=0077", "LimitCORE=0", "StateDirectoryMode=0700", "ExecReload=/bin/kill -HUP $MAINPID",
]
MAX_EXPOSURE = 2.0

TOP_LEVEL = re.compile(r"^(CMakeLists\.txt|CMakePresets\.json|README\.md|src|include|test|conf|bench|\.ci|\.clang-format|\.clang-tidy|\.git|\.gitignore|\.gitattributes)$")
BUILD_OUTPUT = {".build", ".demo", ".cache", "compile_commands.json"}

# co_spawn's completion token, its last argument, says what becomes of an exception.
SPAWN_TOKENS = re.compile(r"^(wxgate::)?(report\s*[({]|(asio::|boost::asio::)?use_(awaitable|tuple)\b)")


# ---- reading --------------------------------------------------------------------------------------------------------


def code_only(text):
    """`text` with comments, strings and character literals blanked, every line and column kept. Includes are kept."""
    out = []
    i = 0
    n = len(text)

    def blank(to):
        nonlocal i
        out.append("".join(c if c == "\n" else " " for c in text[i:to]))
        i = to

    while i < n:
        c = text[i]
        if text.startswith("//", i):
            end = text.find("\n", i)
            while end > 0 and text[end - 1] == "\\":
                end = text.find("\n", end + 1)
            blank(n if end < 0 else end)
        elif text.startswith("/*", i):
            end = text.find("*/", i + 2)
            blank(n if end < 0 else end + 2)
        elif c == "R" and re.match(r'R"[^ ()\\\t\n]{0,16}\(', text[i:i + 20]) and not (i and (text[i - 1].isalnum() or text[i - 1] == "_")):
            delimiter = text[i + 2:text.index("(", i)]
            end = text.find(")" + delimiter + '"', i)
            blank(n if end < 0 else end + len(delimiter) + 2)
        elif c == '"' or (c == "'" and not (i and (text[i - 1].isalnum() or text[i - 1] == "_"))):
            line = text[text.rfind("\n", 0, i) + 1:i]
            end = i + 1
            while end < n and text[end] != c and text[end] != "\n":
                end += 2 if text[end] == "\\" else 1
            if re.match(r"\s*#\s*include\s*$", line):  # an include's name is code
                out.append(text[i:end + 1])
                i = end + 1
            else:
                blank(min(end + 1, n))
        else:
            out.append(c)
            i += 1
    return "".join(out)


class Tree:
    def __init__(self, root):
        self.root = root
        self.code_cache = {}

    def files(self, *tops):
        """The C++ files under the given folders, as paths relative to the root."""
        for top in tops:
            for folder, folders, names in os.walk(os.path.join(self.root, top)):
                folders.sort()
                for name in sorted(names):
                    if name.endswith((".cpp", ".hpp", ".ipp", ".h", ".cc", ".cxx")):
                        yield os.path.relpath(os.path.join(folder, name), self.root)

    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as f:
            return f.read()

    def code(self, path):
        if path not in self.code_cache:
            self.code_cache[path] = code_only(self.text(path))
        return self.code_cache[path]

    def includes(self, path):
        """(line, name, quoted) of each #include."""
        for number, line in enumerate(self.code(path).splitlines(), 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if m:
                yield number, m.group(2), m.group(1) == '"'


def line_of(code, position):
    return code.count("\n", 0, position) + 1


def layer_of(path):
    """The layer of a file: a folder of src, "public", "main", "bench", or None."""
    parts = path.split("/")
    if parts[0] == "include":
        return "public"
    if parts[0] == "bench":
        return "bench"
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[0] == "src" and parts[1] in MAINS:
        return "main"
    return None


# ---- the rules ------------------------------------------------------------------------------------------------------


def bench_includes(tree, path):
    """Below bench everything is open; its own folders do not know each other but for report."""
    parts = path.split("/")
    folder = parts[1] if len(parts) > 2 else None
    if folder is not None and folder not in BENCH:
        yield path, 1, "stands in no known folder of bench (test/lint/lint.py, BENCH)"
        return
    for number, name, quoted in tree.includes(path):
        if not quoted:
            continue
        top = name.split("/")[0]
        if name == "verb.hpp":
            allowed = folder != "report"
        elif top in BENCH:
            allowed = folder is None or top == folder or top in BENCH[folder]
        else:
            allowed = top in LAYERS or name in GENERATED_IN_BENCH
        if not allowed:
            yield path, number, f'bench/{folder or ""} must not include "{name}"'


def layers(tree):
    """An include goes to the same folder or a lower layer, and a library's headers stand where they belong."""
    for path in tree.files("src", "include", "bench"):
        layer = layer_of(path)
        if layer == "bench":
            yield from bench_includes(tree, path)
            continue
        if layer is None or (layer not in LAYERS and layer not in ("public", "main")):
            yield path, 1, "stands in no known layer (test/lint/lint.py, LAYERS and MAINS)"
            continue
        for number, name, quoted in tree.includes(path):
            top = name.split("/")[0]
            if quoted:
                if layer == "public":
                    yield path, number, f'public headers include only <wxgate/…>, the standard library and Boost: "{name}"'
                elif layer == "main":
                    product = MAINS[path.split("/")[1]]
                    if top not in LAYERS[product] | {product}:
                        yield path, number, f'this program is made of {product} and what is below it: "{name}"'
                elif "/" not in name or top not in LAYERS:
                    yield path, number, f'write the folder, from src on: "{name}"'
                elif top != layer and top not in LAYERS[layer]:
                    yield path, number, f'{layer} must not include from {top}: "{name}"'
            elif top == "wxgate":
                header = name[len("wxgate/"):]
                allowed = PUBLIC_HEADERS.get(layer)
                if allowed is not None and header not in allowed:
                    yield path, number, f"{layer} knows nothing of WeChat: <{name}>"
                if header == "client.hpp" and layer not in CLIENT_HEADER_USERS:
                    yield path, number, f"{layer} must not include from client: <{name}>"
            else:
                for library, places in LIBRARIES:
                    if re.match(library, name):
                        if layer not in places and path[len("src/"):] not in places:
                            yield path, number, f"<{name}> belongs to {', '.join(sorted(places))}"
                        break


def banned(tree):
    """Names that ENGINEERING forbids."""
    for path in tree.files("src", "include", "bench"):
        code = tree.code(path)
        for what, pattern, why in BANNED:
            if layer_of(path) == "bench" and what in ALLOWED_IN_BENCH:
                continue
            for m in re.finditer(pattern, code):
                yield path, line_of(code, m.start()), f"{what}: {why}"
        if FLOATING_BANNED_IN.match(path):
            for m in FLOATING.finditer(code):
                yield path, line_of(code, m.start()), f"{m.group(1)}: no floating point near money"


def beast(tree):
    """Beast's operations stand in two files, and its buffers have a bound."""
    for path in tree.files("src", "include"):
        code = tree.code(path)
        if path not in BEAST_OPERATIONS:
            for m in re.finditer(r"\bhttp::(async_\w+|(read|write)\w*)\s*[(<]", code):
                yield path, line_of(code, m.start()), f"http::{m.group(1)} belongs to {' and '.join(sorted(BEAST_OPERATIONS))}"
        for m in re.finditer(r"\busing\s+namespace\s+[\w:]*\b(beast|http)\b", code):
            yield path, line_of(code, m.start()), "a using directive hides Beast's operations from this lint"
        for m in re.finditer(r"\b(?:flat|multi)_buffer\b\s*(\w+)?\s*([({=;])\s*([^\s]?)", code):
            name, opening, following = m.groups()
            bounded = opening in "({" and following not in ")}"
            if not bounded and name and opening == ";":  # a member, bounded where the constructor initializes it
                bounded = re.search(r"[,:]\s*" + name + r"\s*[({]\s*[^)}\s]", code)
            if not bounded:
                yield path, line_of(code, m.start()), "a Beast buffer without a bound grows as the peer likes"


def arguments(code, opening):
    """The arguments of the call whose parenthesis stands at `opening`."""
    parts = []
    depth = 0
    start = opening + 1
    for i in range(opening, len(code)):
        c = code[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                parts.append(code[start:i].strip())
                return parts
        elif c == "," and depth == 1:
            parts.append(code[start:i].strip())
            start = i + 1
    return parts


def spawn(tree):
    """Every co_spawn ends in report(…), or is awaited, or was reviewed (co_spawn_reviewed.txt)."""
    reviewed = {}
    name = os.path.join(HERE, "co_spawn_reviewed.txt")
    with open(name, encoding="utf-8") as f:
        for line in f:
            fields = line.split("#")[0].split()
            if fields:
                reviewed[fields[0]] = int(fields[1])
    for path in tree.files("src", "include", "bench"):
        code = tree.code(path)
        left = reviewed.get(path, 0)
        for m in re.finditer(r"\bco_spawn\s*\(", code):
            parts = arguments(code, m.end() - 1)
            if len(parts) >= 3 and SPAWN_TOKENS.match(parts[-1]):
                continue
            left -= 1
            if left < 0:
                token = parts[-1].split("\n")[0] if parts else ""
                yield path, line_of(code, m.start()), f"co_spawn whose token is not report(…): {token}"


def size(tree):
    """A file over 600 lines holds more than one topic."""
    for path in tree.files("src", "include", "bench"):
        lines = tree.text(path).count("\n")
        if lines > MAX_LINES:
            yield path, MAX_LINES + 1, f"{lines} lines, more than {MAX_LINES}"


def tracked(root):
    """The tracked files of a work tree; None when it is none, or git is not there."""
    try:
        answer = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in answer.stdout.decode().split("\0") if name]


def top_level(tree):
    """Nothing stands at the top but what the layout names."""
    names = tracked(tree.root) if os.path.exists(os.path.join(tree.root, ".git")) else None
    entries = {name.split("/")[0] for name in names} if names else set(os.listdir(tree.root)) - BUILD_OUTPUT
    for entry in sorted(entries):
        if not TOP_LEVEL.match(entry):
            yield entry, 1, "stands outside the layout"


def packages(tree):
    """README names every Debian package of conf/packages, and no other in its table."""
    listed = {}
    for number, line in enumerate(tree.text("conf/packages").splitlines(), 1):
        fields = line.split("#")[0].split(None, 2)
        if not fields:
            continue
        if len(fields) < 3:
            yield "conf/packages", number, "SECTION PACKAGE and why"
        elif fields[1] in listed:
            yield "conf/packages", number, f"{fields[1]} stands here twice"
        else:
            listed[fields[1]] = number
    readme = tree.text("README.md")
    named = {}
    for number, line in enumerate(readme.splitlines(), 1):
        m = re.match(r"\| `([a-z0-9.+-]+)` \| (build|run|test|check|cluster) \|", line)
        if m:
            named[m.group(1)] = number
    for package in listed.keys() - named.keys():
        yield "conf/packages", listed[package], f"README.md's table of packages lacks {package}"
    for package in named.keys() - listed.keys():
        yield "README.md", named[package], f"conf/packages lacks {package}"


def openapi(tree):
    """conf/openapi.yaml is readable, its references lead somewhere, its operations are whole."""
    path = "conf/openapi.yaml"
    text = tree.text(path)
    try:
        document = simple_yaml.loads(text)
    except ValueError as e:
        number, what = str(e).split(": ", 1)
        yield path, int(number), what
        return

    def line(needle):
        at = text.find(needle)
        return line_of(text, at) if at >= 0 else 1

    def resolve(reference):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node.get(part) if isinstance(node, dict) else None
        return node

    used = set()

    def walk(node):
        if isinstance(node, dict):
            reference = node.get("$ref")
            if reference is not None:
                used.add(reference)
                if not reference.startswith("#/") or resolve(reference) is None:
                    yield path, line(f'"{reference}"'), f"{reference} leads nowhere"
            for child in node.values():
                yield from walk(child)
        elif isinstance(node, list):
            for child in node:
                yield from walk(child)

    yield from walk(document)
    for kind, named in document.get("components", {}).items():
        for name in named if kind != "securitySchemes" else ():
            if f"#/components/{kind}/{name}" not in used:
                yield path, line(f"    {name}:"), f"components/{kind}/{name} is used nowhere"

    seen = set()
    for template, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method not in ("get", "post", "put", "delete", "patch"):
                continue
            where = line(f"  {template}:")
            identity = operation.get("operationId")
            if not identity or identity in seen:
                yield path, where, f"{method} {template}: operationId is missing or stands twice"
            seen.add(identity)
            if not operation.get("summary") or not operation.get("responses"):
                yield path, where, f"{method} {template}: summary or responses are missing"
            parameters = [resolve(p["$ref"]) if "$ref" in p else p for p in operation.get("parameters", [])]
            declared = {p["name"] for p in parameters if p and p["in"] == "path"}
            if declared != set(re.findall(r"{(\w+)}", template)):
                yield path, where, f"{method} {template}: its path parameters are declared as {sorted(declared)}"


def alerts(tree):
    """conf/alerts.yaml is readable; every alert has a name of its own, an expression, a severity, and says what to do."""
    path = "conf/alerts.yaml"
    text = tree.text(path)
    try:
        document = simple_yaml.loads(text)
    except ValueError as e:
        number, what = str(e).split(": ", 1)
        yield path, int(number), what
        return
    seen = set()
    for rule in [rule for group in document.get("groups", []) for rule in group.get("rules", [])]:
        name = rule.get("alert", "")
        at = text.find(f"alert: {name}")
        number = line_of(text, at) if at >= 0 else 1
        if not re.fullmatch(r"Wxgate[A-Za-z]+", name) or name in seen:
            yield path, number, f"{name}: Wxgate… and a name of its own"
        seen.add(name)
        if not rule.get("expr") or rule["expr"].count("(") != rule["expr"].count(")"):
            yield path, number, f"{name}: no expression"
        if rule.get("labels", {}).get("severity") not in ("page", "ticket"):
            yield path, number, f"{name}: severity is page or ticket"
        if not rule.get("annotations", {}).get("summary") or not rule.get("annotations", {}).get("action"):
            yield path, number, f"{name}: summary or action is missing"
    if not seen:
        yield path, 1, "no alerts"


def dashboard(tree):
    """conf/grafana-dashboard.json is JSON; every panel has an id of its own and asks the dashboard's data source."""
    path = "conf/grafana-dashboard.json"
    try:
        document = json.loads(tree.text(path))
    except ValueError as e:
        yield path, getattr(e, "lineno", 1), str(e)
        return
    ids = [panel.get("id") for panel in document.get("panels", [])]
    if not ids or len(set(ids)) != len(ids):
        yield path, 1, "panels without an id of their own"
    for panel in document.get("panels", []):
        if panel.get("type") == "row":
            continue
        targets = panel.get("targets", [])
        asked = {target.get("datasource", {}).get("uid") for target in targets}
        if asked != {"${datasource}"} or not all(target.get("expr") for target in targets):
            yield path, 1, f"{panel.get('title')}: a target without an expression or of another data source"


def service(tree):
    """conf/wxgate.service keeps its rights away, and systemd-analyze (where it is) finds it so."""
    path = "conf/wxgate.service"
    lines = [line.strip() for line in tree.text(path).splitlines()]
    for setting in SERVICE:
        if setting not in lines:
            yield path, 1, f"lacks {setting}"
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", os.path.join(tree.root, path)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=50)
    except (OSError, subprocess.TimeoutExpired):
        return
    exposure = re.search(r"Overall exposure level[^:]*: ([0-9.]+)", answer.stdout)
    if exposure and float(exposure.group(1)) > MAX_EXPOSURE:
        yield path, 1, f"systemd-analyze security: {exposure.group(1)}, more than {MAX_EXPOSURE}"


RULES = {
    "layers": layers,
    "banned": banned,
    "beast": beast,
    "spawn": spawn,
    "size": size,
    "top_level": top_level,
    "packages": packages,
    "openapi": openapi,
    "alerts": alerts,
    "dashboard": dashboard,
    "service": service,
}


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(RULES))
        return 0
    if len(arguments) not in (1, 2) or arguments[0] not in RULES:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = arguments[1] if len(arguments) == 2 else os.path.dirname(os.path.dirname(HERE))
    findings = sorted(set(RULES[arguments[0]](Tree(root))))
    for path, number, what in findings:
        print(f"{path}:{number}: {what}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
