# SPDX-License-Identifier: GPL-2.0
"""What README.md tells an administrator to type: so that it is typed here, and cannot rot."""

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def section(title: str) -> str:
    """Text between a heading that begins with @title and the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(title)}.*?\n(.*?)(?=^#+ |\Z)", _unfenced(), re.M | re.S)
    if not found:
        raise LookupError(f"README.md has no section {title!r}")
    return found.group(1)


def _unfenced() -> str:
    """The text, fenced blocks indented: what is in them is no heading."""
    text = README.read_text(encoding="utf-8")
    return re.sub(r"^```\w*\n(.*?)^```$", lambda m: re.sub("^", "    ", m.group(1), flags=re.M), text, flags=re.M | re.S)


def blocks(title: str) -> list[str]:
    """The code blocks of a section, without their indentation; blank lines do not end a block."""
    found: list[list[str]] = []
    inside = False
    for line in section(title).splitlines():
        if line.startswith("    "):
            if not inside:
                found.append([])
            found[-1].append(line[4:])
            inside = True
        elif line.strip():
            inside = False
        elif inside:
            found[-1].append("")
    return ["\n".join(lines).rstrip() + "\n" for lines in found]


def block(title: str, word: str) -> str:
    """The only code block of a section that has @word in it."""
    found = [text for text in blocks(title) if word in text]
    if len(found) != 1:
        raise LookupError(f"README.md, {title!r}: {len(found)} blocks with {word!r}, one is expected")
    return found[0]
