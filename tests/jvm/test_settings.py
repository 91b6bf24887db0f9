"""Argument, then environment, then configuration file, then the embedded runtime."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from fiji_bridge.errors import InputError
from fiji_bridge.jvm.settings import KEYS, resolve


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty environment and a configuration file that does not exist yet."""
    for key in KEYS:
        monkeypatch.delenv(f"FIJI_BRIDGE_{key.upper()}", raising=False)
    path = tmp_path / "config.toml"
    monkeypatch.setenv("FIJI_BRIDGE_CONFIG", str(path))
    return path


def test_default() -> None:
    found = resolve()
    assert (found.runtime, found.fiji, found.maven, found.origin) == (
        "embedded", None, None, "default",
    )  # fmt: skip
    assert found.heap_origin == "default"
    # Where a control group limits the memory, what is left of it changes all the time.
    assert 64 <= int(found.heap[:-1]) <= psutil.virtual_memory().total * 3 // 4 // 2**20


def test_order_of_sources(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('fiji = "/from/config"\nheap = "1g"\n')
    found = resolve()
    assert (found.runtime, found.fiji, found.origin, found.heap) == (
        "fiji", Path("/from/config"), str(config), "1g",
    )  # fmt: skip
    monkeypatch.setenv("FIJI_BRIDGE_FIJI", "/from/environment")
    assert resolve().fiji == Path("/from/environment")
    assert resolve().heap == "1g"
    found = resolve(maven="sc.fiji:fiji:2.16.0", heap="2G")
    assert (found.runtime, found.maven, found.fiji) == ("maven", "sc.fiji:fiji:2.16.0", None)
    assert (found.origin, found.heap) == ("argument", "2g")
    assert resolve(runtime="embedded").fiji is None
    # A runtime chosen by name takes its folder from where one is named.
    assert resolve(runtime="fiji").fiji == Path("/from/environment")


def test_a_configuration_file_in_latin_1(config: Path) -> None:
    config.write_bytes(b'heap = "8g"  # gr\xf6\xdfer')
    with pytest.raises(InputError, match=r"is not UTF-8 \(from byte 18 on\); save it as UTF-8"):
        resolve()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"heap = {'[' * 50_000}", "not valid TOML: too many brackets"),
        ("colour = 1", "unknown key 'colour'"),
        ("fiji = ", "not valid TOML"),
        ('runtime = "docker"', "unknown runtime 'docker'"),
        ('fiji = "/a"\nmaven = "b:c:1"', "both a Fiji folder"),
        ('heap = "much"', "cannot read the heap 'much'"),
        ('runtime = "fiji"', "but not which one; give --fiji DIR"),
        ('runtime = "maven"', "but not which one; give --maven G:A:V"),
    ],
)
def test_senseless_configuration(config: Path, text: str, says: str) -> None:
    config.write_text(text)
    with pytest.raises(InputError, match=says):
        resolve()
