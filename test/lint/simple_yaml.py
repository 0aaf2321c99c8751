"""Reads the YAML that conf/openapi.yaml is written in: two spaces a level, `key: value`, `- item`, [flow, lists] of
scalars, plain and double-quoted scalars, comments on lines of their own. Everything else is a ValueError with its line."""

import json
import re

KEY = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s"#&*!|>%@`{}\[\],][^#]*?):(?: +(.*))?$')


def scalar(text, number):
    if text.startswith('"'):
        try:
            value = json.loads(text)
        except ValueError as e:
            raise ValueError(f"{number}: {e}") from None
        if not isinstance(value, str):
            raise ValueError(f"{number}: not a string: {text}")
        return value
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError(f"{number}: a list ends on its line: {text}")
        inner = text[1:-1].strip()
        items = re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s][^,]*', inner)
        return [scalar(item.strip(), number) for item in items]
    if text[0] in "'&*!|>%@`{}],#" or ": " in text or " #" in text or text.endswith(":"):
        raise ValueError(f"{number}: wants double quotes: {text}")
    if text in ("true", "false"):
        return text == "true"
    if text in ("null", "~") or re.fullmatch(r"(?i)yes|no|on|off", text):
        raise ValueError(f"{number}: wants double quotes: {text}")
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"[-+.0-9][-+.0-9eE_:]*", text):
        raise ValueError(f"{number}: wants double quotes: {text}")
    return text


class Reader:
    def __init__(self, text):
        self.lines = []
        for number, line in enumerate(text.split("\n"), 1):
            stripped = line.strip()
            if not stripped or stripped.startswith("#"):
                continue
            if "\t" in line or line != line.rstrip():
                raise ValueError(f"{number}: a tab or trailing white space")
            indent = len(line) - len(line.lstrip(" "))
            if indent % 2:
                raise ValueError(f"{number}: two spaces a level")
            self.lines.append((number, indent, stripped))
        self.at = 0

    def block(self, indent):
        """The mapping or list that begins at this indentation."""
        _, _, text = self.lines[self.at]
        return self.list(indent) if text == "-" or text.startswith("- ") else self.mapping(indent)

    def nested(self, indent, number):
        if self.at >= len(self.lines) or self.lines[self.at][1] <= indent:
            raise ValueError(f"{number}: nothing follows")
        if self.lines[self.at][1] != indent + 2:
            raise ValueError(f"{self.lines[self.at][0]}: two spaces a level")
        return self.block(indent + 2)

    def mapping(self, indent):
        result = {}
        while self.at < len(self.lines) and self.lines[self.at][1] >= indent:
            number, here, text = self.lines[self.at]
            if here != indent or text.startswith("- "):
                raise ValueError(f"{number}: out of line")
            m = KEY.match(text)
            if not m:
                raise ValueError(f"{number}: not `key: value`: {text}")
            key = m.group(1)
            key = json.loads(key) if key.startswith('"') else key
            if key in result:
                raise ValueError(f"{number}: {key} stands twice")
            self.at += 1
            result[key] = scalar(m.group(2), number) if m.group(2) else self.nested(indent, number)
        return result

    def list(self, indent):
        result = []
        while self.at < len(self.lines) and self.lines[self.at][1] >= indent:
            number, here, text = self.lines[self.at]
            if here != indent or not text.startswith("- "):
                raise ValueError(f"{number}: out of line")
            item = text[2:]
            if KEY.match(item) and not item.startswith(("[", '"')):
                self.lines[self.at] = (number, indent + 2, item)
                result.append(self.mapping(indent + 2))
            else:
                self.at += 1
                result.append(scalar(item, number))
        return result


def loads(text):
    reader = Reader(text)
    value = reader.block(0)
    if reader.at != len(reader.lines):
        raise ValueError(f"{reader.lines[reader.at][0]}: out of line")
    return value
