"""Spellings of lengths and exact conversion."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiji_bridge.errors import UnitError
from fiji_bridge.image import units
from fiji_bridge.image.units import Length, parse_length
from strategies import unit_spellings


# Every unit of facts/imagej-calibration.md, and what OME-XML and people write besides.
@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("\u00b5m", "micrometer"),
        ("\u03bcm", "micrometer"),
        ("um", "micrometer"),
        ("micron", "micrometer"),
        ("microns", "micrometer"),
        ("Micron", "micrometer"),
        ("micrometre", "micrometer"),
        ("\\u00B5m", "micrometer"),
        (" um ", "micrometer"),
        ("nm", "nanometer"),
        ("mm", "millimeter"),
        ("cm", "centimeter"),
        ("m", "meter"),
        ("inch", "inch"),
        ("in", "inch"),
        ("\u00c5", "angstrom"),
        ("\u212b", "angstrom"),
        ("A", "angstrom"),
        ("pixel", "pixel"),
        ("pixels", "pixel"),
        ("", "pixel"),
        (" ", "pixel"),
    ],
)
def test_spellings_met_in_files(spelling: str, name: str) -> None:
    assert units.canonical(spelling) == name


@pytest.mark.parametrize("unit", ["sec", "furlong", "a", "MM", "Nm", "u m", "0", "µ m", "kg", "%"])
def test_what_is_no_length_is_refused(unit: str) -> None:
    with pytest.raises(UnitError, match="unknown length unit") as caught:
        units.canonical(unit)
    assert repr(unit) in str(caught.value)


@given(unit_spellings)
def test_a_spelling_and_its_symbol_mean_the_same(pair: tuple[str, str]) -> None:
    spelling, name = pair
    assert units.canonical(spelling) == units.canonical(units.symbol(spelling)) == name


#: SI prefixes; the ångström is 1e-10 m, the international inch of 1959 is 25.4 mm.
METRES = {
    "picometer": "1e-12",
    "angstrom": "1e-10",
    "nanometer": "1e-9",
    "micrometer": "1e-6",
    "millimeter": "1e-3",
    "centimeter": "1e-2",
    "meter": "1",
    "kilometer": "1e3",
    "inch": "0.0254",
}


@pytest.mark.parametrize("a", units.length_units())
@pytest.mark.parametrize("b", units.length_units())
def test_factors_are_exact_and_rounded_once(a: str, b: str) -> None:
    assert units.factor(a, b) == float(Fraction(METRES[a]) / Fraction(METRES[b]))


@given(unit_spellings, unit_spellings)
def test_factors_are_rounded_once(a: tuple[str, str], b: tuple[str, str]) -> None:
    there, back = units.factor(a[0], b[0]), units.factor(b[0], a[0])
    # Each is within half an ulp of the exact ratio, so the product is within one of 1.
    assert there * back == pytest.approx(1.0, rel=2**-52)


@given(st.floats(allow_nan=False, allow_infinity=False), unit_spellings)
def test_the_same_unit_changes_nothing(value: float, pair: tuple[str, str]) -> None:
    assert units.convert(value, pair[0], pair[1]) == value


def test_pixels_have_no_length() -> None:
    with pytest.raises(UnitError, match="no length without a voxel size"):
        units.factor("px", "um")
    assert units.factor("pixel", "px") == 1.0


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1 um", 1.0, "micrometer"),
        ("450nm", 450.0, "nanometer"),
        (" .5 mm ", 0.5, "millimeter"),
        ("2e-3 mm", 2e-3, "millimeter"),
        ("2 px", 2.0, "pixel"),
        ("2", 2.0, None),
        ("-1 um", -1.0, "micrometer"),
        ("inf um", math.inf, "micrometer"),
        ("3 in", 3.0, "inch"),
    ],
)
def test_lengths_as_text(text: str, value: float, unit: str | None) -> None:
    assert parse_length(text) == Length(value, unit)


def test_nan_is_a_number_until_it_is_judged() -> None:
    assert math.isnan(parse_length("nan um").value)


@pytest.mark.parametrize("text", ["", "um", "one um", "1,5 um", "1 um 2", "nanometer", "1 2 um"])
def test_what_is_no_length_as_text(text: str) -> None:
    with pytest.raises(UnitError):
        parse_length(text)


def test_a_decimal_comma_is_named() -> None:
    with pytest.raises(UnitError, match="write decimals with a point"):
        parse_length("1,5 um")


@given(st.floats(1e-9, 1e9), unit_spellings)
def test_a_length_survives_its_own_text(value: float, pair: tuple[str, str]) -> None:
    length = parse_length(f"{value!r} {pair[0]}")
    assert length == Length(value, pair[1])


@pytest.mark.parametrize(
    ("length", "text"), [(Length(1.0, "micrometer"), "1 µm"), (Length(2.5, None), "2.5")]
)
def test_lengths_show_their_symbol(length: Length, text: str) -> None:
    assert str(length) == text


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_senseless_voxel_sizes(value: float) -> None:
    assert not units.positive(value)
