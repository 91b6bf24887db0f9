"""The physical size of a voxel, per axis, as ImageJ's ``Calibration`` means it.

What a file or an ImagePlus says is kept as it was found, senseless values
included, so that it can be written back unchanged. It is judged only when a
physical length is asked for, and then the refusal names axis and raw value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fiji_bridge.errors import CalibrationError, UnitError
from fiji_bridge.image import units
from fiji_bridge.image.shown import shown_size, shown_text

#: The spatial axes, in NumPy order; ImgLib2's order is the reverse.
SPATIAL_AXES = ("z", "y", "x")


@dataclass(frozen=True)
class AxisCalibration:
    """Voxel size of one spatial axis.

    Attributes
    ----------
    size : float or None
        Distance between neighbouring samples in `unit`; ``None`` where nothing was said.
    unit : str
        The unit as it was spelled; ``""`` or ``"pixel"`` where there is none.
    origin : float
        Index of the sample that has the physical position 0, in pixels, as
        ImageJ keeps it: position = (index − origin) · size.
    raw : str or None
        What the file said literally, where that differs from `size`
        (``"spacing=2,5"``), for the refusal.
    bare : bool
        Whether the caller gave the size as a number alone. A length without a unit is then in
        the same unsaid unit; everywhere else it needs a calibrated axis.
    """

    size: float | None = None
    unit: str = ""
    origin: float = 0.0
    raw: str | None = None
    bare: bool = False

    def __post_init__(self) -> None:
        """Take numbers of any kind: files are written with what a plain float's digits are."""
        if self.size is not None:
            object.__setattr__(self, "size", float(self.size))
        object.__setattr__(self, "origin", float(self.origin))

    def said(self) -> str:
        """Return what was found, as text for a message."""
        if self.raw is not None:
            return self.raw
        if self.size is None:
            return "nothing"
        return f"{shown_size(self.size)!r} {self.unit}".strip()


@dataclass(frozen=True)
class Calibration:
    """Voxel size, unit and origin per spatial axis, and the frame interval.

    Attributes
    ----------
    z, y, x : AxisCalibration
    frame_interval : float
        Time between frames in `time_unit`; 0 where unknown, as in ImageJ.
    time_unit : str
        ImageJ's default is ``"sec"``.
    source : str
        Where it was found, for messages: ``"ImageJ TIFF"``, ``"voxel_size="`` …
    """

    z: AxisCalibration = field(default_factory=AxisCalibration)
    y: AxisCalibration = field(default_factory=AxisCalibration)
    x: AxisCalibration = field(default_factory=AxisCalibration)
    frame_interval: float = 0.0
    time_unit: str = "sec"
    source: str = "no calibration"

    def __post_init__(self) -> None:
        """Take a frame interval of any kind, as `AxisCalibration` does."""
        object.__setattr__(self, "frame_interval", float(self.frame_interval))

    def axis(self, name: str) -> AxisCalibration:
        """Return the calibration of axis ``"z"``, ``"y"`` or ``"x"``."""
        if name not in SPATIAL_AXES:
            raise KeyError(name)
        found: AxisCalibration = getattr(self, name)
        return found

    def with_axes(self, **axes: AxisCalibration) -> Calibration:
        """Return a copy with some spatial axes replaced."""
        return replace(self, **axes)  # type: ignore[arg-type]

    def is_physical(self, axis: str) -> bool:
        """Whether an axis has a usable size in a length unit."""
        try:
            self.voxel_size(axis)
        except CalibrationError:
            return False
        return True

    def voxel_size(self, axis: str, unit: str | None = None) -> float:
        """Return the voxel size along one axis.

        Parameters
        ----------
        axis : {"z", "y", "x"}
        unit : str, optional
            Length unit of the answer; the axis' own by default.

        Returns
        -------
        float
            Finite and above zero.

        Raises
        ------
        CalibrationError
            If there is none, it is no length, or it is 0, negative, NaN or
            infinite: names the axis and the raw value.
        """
        found = self.axis(axis)
        remedy = (
            'give the voxel size yourself (--voxel-size "Z Y X um", voxel_size=(z, y, x), in '
            'ImageJ Image > Properties) or the length in pixels ("2 px")'
        )
        senseless = found.size is not None and not units.positive(found.size)
        if found.raw is not None or senseless:
            raise CalibrationError(
                f"the voxel size of axis {axis} makes no sense: {found.said()} ({self.source}); "
                f"{remedy}"
            )
        if found.size is None:
            raise CalibrationError(f"axis {axis} has no voxel size ({self.source}); {remedy}")
        try:
            own = units.canonical(found.unit)
        except UnitError as error:
            raise CalibrationError(
                f"the voxel size of axis {axis} is {found.said()} ({self.source}), "
                f"and {error}; {remedy}"
            ) from None
        if own == units.PIXEL and not found.unit:
            raise CalibrationError(
                f"the voxel size of axis {axis} is {shown_text(found.size)} ({self.source}), "
                f"without a unit; only that is missing: say unit='um', or "
                f'voxel_size="{self._without_unit(axis)} um", or give the length in pixels ("2 px")'
            )
        if own == units.PIXEL:
            raise CalibrationError(
                f"axis {axis} is not calibrated: its unit is {found.unit!r} "
                f"({self.source}); {remedy}"
            )
        return units.convert(found.size, own, own if unit is None else unit)

    def _without_unit(self, axis: str) -> str:
        """Return the sizes that lack a unit, as `voxel_size` is written: all, or one by name."""
        found = [self.axis(name) for name in SPATIAL_AXES]
        sized = [known for known in found if known.size is not None]
        if any(known.unit for known in sized):
            return f"{axis}={shown_text(self.axis(axis).size or 0.0)}"
        return " ".join(shown_text(known.size or 0.0) for known in sized)


def from_voxel_size(
    voxel_size: Mapping[str, float] | tuple[float, ...],
    unit: str,
    *,
    base: Calibration | None = None,
    source: str = "voxel_size=",
) -> Calibration:
    """Make a calibration from sizes given by the caller.

    Parameters
    ----------
    voxel_size : mapping or tuple of float
        By axis name, or in (z, y, x) order; two numbers are (y, x).
    unit : str
        A length unit, or ``"pixel"`` where the sizes are only relative.
    base : Calibration, optional
        What is kept: origin, frame interval.

    Raises
    ------
    CalibrationError
        For a size that is not finite and above zero; names the axis.
    """
    if isinstance(voxel_size, Mapping):
        sizes = dict(voxel_size)
    else:
        if not 1 <= len(voxel_size) <= 3:
            raise CalibrationError(
                f"voxel_size has {len(voxel_size)} values, expected up to three in (z, y, x) order"
            )
        sizes = dict(zip(SPATIAL_AXES[-len(voxel_size) :], voxel_size, strict=True))
    base = Calibration() if base is None else base
    axes: dict[str, AxisCalibration] = {}
    for axis, size in sizes.items():
        if axis not in SPATIAL_AXES:
            raise CalibrationError(f"voxel_size names axis {axis!r}; the axes are z, y and x")
        if not units.positive(float(size)):
            raise CalibrationError(
                f"the voxel size of axis {axis} must be finite and above zero; got {size!r}"
            )
        symbol = units.symbol(unit)
        axes[axis] = AxisCalibration(float(size), symbol, base.axis(axis).origin)
    return replace(base, source=source, **axes)  # type: ignore[arg-type]
