"""Every way of writing a sigma, and the sentence for those that cannot be read."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pint
import pytest

from fiji_bridge.errors import CalibrationError, InputError, UnitError
from fiji_bridge.image.calibration import Calibration
from fiji_bridge.image.lengths import FWHM_PER_SIGMA, read_lengths
from fiji_bridge.image.shown import shown_text
from fiji_bridge.image.units import Length
from fiji_bridge.image.voxel_size import with_unit, with_voxel_size

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
        ("z=2, y=1, x=1 um", [(2, UM), (1, UM), (1, UM)]),
        ("Z=2;Y=1;X=1 um", [(2, UM), (1, UM), (1, UM)]),
        ("z=2um,y=1um,x=1um", [(2, UM), (1, UM), (1, UM)]),
        ("z=2 px, y=1, x=1 um", [(2, "pixel"), (1, UM), (1, UM)]),
        ("2 1 1 um", [(2, UM), (1, UM), (1, UM)]),
        ("2 1 1", [(2, None), (1, None), (1, None)]),
        ("2um,1um,1um", [(2, UM), (1, UM), (1, UM)]),
        ("[1 um]", [(1, UM)] * 3),
        ("(2, 1, 1) um", [(2, UM), (1, UM), (1, UM)]),
        ("sigma=1 unit=um", [(1, UM)] * 3),
        ("sigma=[z=2 y=1 x=1] unit=um", [(2, UM), (1, UM), (1, UM)]),
        ("1 \\u00B5m", [(1, UM)] * 3),
        (["2 um", "1 um", "1 um"], [(2, UM), (1, UM), (1, UM)]),
        (np.array(["2 um", "1 um", "1 um"]), [(2, UM), (1, UM), (1, UM)]),
        (Fraction(3, 2), [(1.5, None)] * 3),
        (Decimal("1.5"), [(1.5, None)] * 3),
        (np.array(1.5), [(1.5, None)] * 3),
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
        ("wide", "cannot read sigma 'wide'"),
        ("", "cannot read sigma ''"),
        ("[", "cannot read sigma"),
        ("um", "cannot read sigma 'um'"),
        ("unit=um", "cannot read sigma 'unit=um'"),
        ("1 um um", "cannot read sigma"),
        ("2000, 1000 nm, 1 um", "write a unit behind each number"),
        ("z=2, y=1 px, x=1 um", "the unit of 2 may be that of the next number or of the last"),
        ("[2 1 px 1] unit=um", "write a unit behind each number"),
        ("2,1,1 um", "write decimals with a point"),
        ("2um,1,5", "cannot read sigma"),
        ("1 2 um", "2 values but the image has 3 spatial axes"),
        ("z=2 1 1 um", "name every axis once, or none"),
        ((1, 2), "2 values but the image has 3 spatial axes"),
        ("1, 2 um", "2 values but the image has 3 spatial axes"),
        ({"c": 1, "z": 1, "y": 1, "x": 1}, "axis 'c'; only z, y, x are blurred"),
        ({"z": 1, "y": 1}, "nothing about axis x"),
        ("z=1 um z=2 um", "names axis z twice"),
        ({"z": 1, "y": 1, 2: 1}, "names axis 2; the axes are called"),
        (-1, "axis z must be finite and not negative; got -1.0"),
        ((1, 1, math.nan), "axis x must be finite and not negative; got nan"),
        ("inf um", "axis z must be finite"),
        (True, "got True of type bool"),
        (np.True_, r"got np.True_ of type bool"),
        ((1, True, 1), "got True of type bool"),
        (np.array([True] * 3), "got True of type bool"),
        (1 + 0j, "of type complex"),
        (np.complex64(1), "of type complex64"),
        (np.array([1, 2, 3j]), "of type complex"),
        (b"1 um", "got b'1 um' of type bytes"),
        (bytearray(b"1"), "of type bytearray"),
        (memoryview(b"1"), "of type memoryview"),
        ({1, 2, 3}, "of type set"),
        (10**400, "of type int"),
        (np.timedelta64(1, "s"), "of type timedelta64"),
        (np.array([[1.0]]), "of type ndarray"),
        (REGISTRY.Quantity(np.array(1j), "um"), "must be a length"),
        (["1 um", 2, "3 4"], "'3 4' is not one length"),
        (None, "got None"),
        (object(), "must be a length such as '1 um'"),
        (1 * REGISTRY.second, "not a length"),
    ],
)
def test_refused_in_one_sentence(given: Any, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)) as refusal:
        read_lengths(given, ("z", "y", "x"))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["2 1 1 um", "z=2, y=1, x=1 um", "[2 1 1] unit=um"])
def test_voxel_sizes_are_written_in_the_same_grammar(text: str) -> None:
    calibration = with_voxel_size(Calibration(), text, ("z", "y", "x"))
    assert {a: calibration.axis(a).size for a in "zyx"} == {
        axis: length.value for axis, length in read_lengths(text, ("z", "y", "x")).items()
    }
    assert calibration.z.unit == calibration.x.unit == "µm"


def test_where_only_the_unit_is_missing_the_message_says_so() -> None:
    axes = ("z", "y", "x")
    calibration = with_voxel_size(Calibration(), (2, 0.45, 0.45), axes)
    with pytest.raises(CalibrationError, match=r"only that is missing.*'um'.*2 0.45 0.45 um"):
        calibration.voxel_size("z", "um")
    assert with_unit(calibration, "um", axes).voxel_size("y", "nm") == 450
    with pytest.raises(CalibrationError, match=r"contradicts the voxel size of axis z, 2\.0 mm"):
        with_unit(with_voxel_size(Calibration(), "2 mm", axes), "um", axes)
    with pytest.raises(CalibrationError, match="needs voxel sizes, and axis z has none"):
        with_unit(Calibration(), "um", axes)
    with pytest.raises(UnitError, match="must be a length unit such as 'um'; got 'px'"):
        with_unit(calibration, "px", axes)
    with pytest.raises(UnitError, match="unknown length unit 'sec'"):
        with_unit(calibration, "sec", axes)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.45, "0.45"), (0.44999999999999996, "0.45"), (float(np.float32(0.45)), "0.45"), (2.0, "2"),
     (1 / 3, "0.333333333333333"), (1e-9, "1e-09"), (0.1234567890123, "0.1234567890123"),
     (0.4500000450000045, "0.45"), (1e300, "1e+300")],
)  # fmt: skip
def test_sizes_are_shown_as_they_were_meant(value: float, text: str) -> None:
    assert shown_text(value) == text


def test_fwhm_of_a_gaussian() -> None:
    assert math.exp(-((FWHM_PER_SIGMA / 2) ** 2) / 2) == pytest.approx(0.5, rel=1e-15)
    # The question of the forum: a FWHM of one voxel is a sigma of 0.4247 pixels.
    assert pytest.approx(0.4247, abs=5e-5) == 1 / FWHM_PER_SIGMA
