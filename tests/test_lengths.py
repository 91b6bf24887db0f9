"""Every way of writing a sigma, and the sentence for those that cannot be read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pint
import pytest

from fiji_bridge.errors import InputError
from fiji_bridge.lengths import FWHM_PER_SIGMA, read_lengths
from fiji_bridge.units import Length

UM = "micrometer"
REGISTRY: pint.UnitRegistry[Any] = pint.UnitRegistry()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1 um", [(1, UM)] * 3),
        ("450nm", [(450, "nanometer")] * 3),
        ("2 px", [(2, "pixel")] * 3),
        (1.5, [(1.5, None)] * 3),
        (np.float32(1.5), [(1.5, None)] * 3),
        ((2, 1, 1), [(2, None), (1, None), (1, None)]),
        (np.array([2.0, 1, 1]), [(2, None), (1, None), (1, None)]),
        ("2, 1, 1 um", [(2, UM), (1, UM), (1, UM)]),
        ("2 um; 1 um; 500 nm", [(2, UM), (1, UM), (500, "nanometer")]),
        ("z=2 um, y=1 um, x=1 um", [(2, UM), (1, UM), (1, UM)]),
        ("x=1 um y=1 um z=2 um", [(2, UM), (1, UM), (1, UM)]),
        ({"x": "1 um", "y": 1, "z": "2 px"}, [(2, "pixel"), (1, None), (1, UM)]),
        (("2 um", "1 um", 1), [(2, UM), (1, UM), (1, None)]),
        (1 * REGISTRY.micrometer, [(1, UM)] * 3),
        (
            REGISTRY.Quantity([2, 1, 1], "nm"),
            [(2, "nanometer"), (1, "nanometer"), (1, "nanometer")],
        ),
        (Length(3, UM), [(3, UM)] * 3),
        ("1e-3 mm", [(1e-3, "millimeter")] * 3),
    ],
)
def test_readable(given: Any, expected: list[tuple[float, str | None]]) -> None:
    found = read_lengths(given, ("z", "y", "x"))
    assert [(v.value, v.unit) for v in found.values()] == expected
    assert list(found) == ["z", "y", "x"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("1 lightyear", "unknown length unit 'lightyear'"),
        ("0,5 um", "write decimals with a point"),
        ("wide", "cannot read 'wide' as a length"),
        ("", "cannot read ''"),
        ((1, 2), "2 values but the image has 3 spatial axes"),
        ("1, 2 um", "2 values but the image has 3 spatial axes"),
        ({"c": 1, "z": 1, "y": 1, "x": 1}, "axis 'c'; only z, y, x are blurred"),
        ({"z": 1, "y": 1}, "nothing about axis x"),
        ("z=1 um z=2 um", "cannot read sigma"),
        (-1, "axis z must be finite and not negative; got -1.0"),
        ((1, 1, math.nan), "axis x must be finite and not negative; got nan"),
        ("inf um", "axis z must be finite"),
        (True, "must be a length; got True"),
        (object(), "must be a length such as '1 um'"),
        (1 * REGISTRY.second, "not a length"),
    ],
)
def test_refused_in_one_sentence(given: Any, says: str) -> None:
    with pytest.raises(InputError, match=says.replace("(", r"\(")) as refusal:
        read_lengths(given, ("z", "y", "x"))
    assert "\n" not in str(refusal.value)


def test_fwhm_of_a_gaussian() -> None:
    assert math.exp(-((FWHM_PER_SIGMA / 2) ** 2) / 2) == pytest.approx(0.5, rel=1e-15)
    # The question of the forum: a FWHM of one voxel is a sigma of 0.4247 pixels.
    assert pytest.approx(0.4247, abs=5e-5) == 1 / FWHM_PER_SIGMA
