"""Every public name stands in the reference, and every page in the navigation."""

from __future__ import annotations

import re

import fiji_bridge
from conftest import ROOT

DOCS = ROOT / "docs"


def test_every_public_name_is_listed_once() -> None:
    listed = re.findall(r"^   (\w+)$", (DOCS / "reference.rst").read_text(encoding="utf-8"), re.M)
    assert len(listed) == len(set(listed))
    public = {
        name
        for name in fiji_bridge.__all__
        if name != "__version__" and not isinstance(getattr(fiji_bridge, name), type(re))
    }
    assert set(listed) == public


def test_every_picture_is_there() -> None:
    for page in DOCS.glob("*.md"):
        for picture in re.findall(r"!\[[^\]]*\]\((\S+?)\)", page.read_text(encoding="utf-8")):
            assert (DOCS / picture).is_file(), f"{page.name}: {picture}"
