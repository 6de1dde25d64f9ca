"""Takes the recipes out of the documents, as an administrator would copy them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

DOCS = Path(__file__).parent.parent.parent / "docs"
_BLOCK = re.compile(r"^( *)```\w*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def recipe(page: str, title: str, names: Mapping[str, object]) -> str:
    """The block of a page whose first line is "# " and the title.

    Args:
        names: of folders, ports and hosts as they are here, by those of the page; each must be
            there, or the page has changed.
    """
    blocks = (dedent(found[2]) for found in _BLOCK.finditer((DOCS / page).read_text()))
    (text,) = (block for block in blocks if block.splitlines()[0] == f"# {title}")
    for old, new in names.items():
        assert old in text, f"{page}, {title}: {old}"
        text = text.replace(old, str(new))
    return text
