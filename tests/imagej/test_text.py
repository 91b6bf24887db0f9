"""The description of ImageJ, as Java's Properties read and write it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiji_bridge.imagej.text import (
    carried,
    double_text,
    java_double,
    parse_properties,
    property_line,
)
from fiji_bridge.jvm.session import Session
from strategies import texts

RAW = [
    b"ImageJ=1.54p\nunit=\\u00B5m\nspacing=0.125\n",
    b"a = b\nc:d\ne f\ng\n",
    b"# comment\n! comment\n\n  key=value  \n",
    b"long=one \\\n   two\nnext=3",
    b"k\\=ey=v\\:al\\\\ue\\n\\t\\q",
    b"unit=\xc2\xb5m\r\nother=\xb5m\r",
    b"twice=1\ntwice=2\n",
    b"half=\\ud835\\udefc\n",
    b"=no key\n",
    b"end=\\",
]


@pytest.mark.jvm
@pytest.mark.parametrize("raw", RAW)
def test_java_reads_the_same(session: Session, raw: bytes) -> None:
    stream = session.jclass("java.io.ByteArrayInputStream")(raw)
    properties = session.jclass("java.util.Properties")()
    properties.load(stream)
    expected = {str(k): str(properties.getProperty(k)) for k in properties.stringPropertyNames()}
    assert parse_properties(raw) == expected


@given(st.dictionaries(st.sampled_from(["unit", "zunit", "tunit", "info"]), texts))
def test_what_is_written_is_read(pairs: dict[str, str]) -> None:
    raw = "".join(property_line(key, value) for key, value in pairs.items()).encode("ascii")
    assert parse_properties(raw) == pairs


@pytest.mark.parametrize(
    ("text", "value"),
    [("2.5", 2.5), (" 2.5 ", 2.5), ("2.5d", 2.5), ("1e-3f", 1e-3), ("-.5", -0.5), ("+3", 3.0)],
)
def test_numbers_that_java_reads(text: str, value: float) -> None:
    assert java_double(text) == value


@pytest.mark.parametrize("text", ["2,5", "", "nan", "inf", "1_000", "2.5 um", "e5", "٣", None])
def test_numbers_that_java_does_not_read(text: str | None) -> None:
    assert java_double(text) is None


@pytest.mark.jvm
@pytest.mark.parametrize(
    "text", ["2.5", "2.5d", "2,5", "nan", "NaN", "-Infinity", "inf", "1_0", ""]
)
def test_java_agrees_on_numbers(session: Session, text: str) -> None:
    import jpype

    try:
        expected = repr(float(session.jclass("java.lang.Double").valueOf(text)))
    except jpype.JException:
        expected = "None"
    assert repr(java_double(text)) == expected


@given(st.floats())
def test_doubles_survive_their_text(value: float) -> None:
    found = java_double(double_text(value))
    assert found == value or (math.isnan(value) and found is not None and math.isnan(found))


def test_lines_that_are_carried_through() -> None:
    lines = {"ImageJ": "1.54p", "cf": "0", "unit": "um", "xorigin": "1,5", "yorigin": "2"}
    assert carried({**lines, "loop": "false"}) == {"cf": "0", "xorigin": "1,5"}
