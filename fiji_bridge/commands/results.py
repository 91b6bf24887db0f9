"""What a command or a macro gives back."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fiji_bridge.commands.rois import Rois
from fiji_bridge.formats.atomic import atomic_output

if TYPE_CHECKING:
    import pandas

_LENGTHS = (
    "X", "Y", "XM", "YM", "BX", "BY", "Width", "Height", "Perim.", "Major", "Minor", "Feret",
    "MinFeret", "Length",
)  # fmt: skip
_PIXELS = ("FeretX", "FeretY")
_DEGREES = ("Angle", "FeretAngle")


@dataclass(frozen=True)
class ResultTable:
    """A table of ImageJ.

    Attributes
    ----------
    columns : mapping of str to list
        Numbers, or texts, by the heading.
    units : mapping of str to str
        Of the columns of ImageJ's measurements whose unit follows from the image: ``"µm²"`` for
        ``Area``.
    """

    columns: Mapping[str, Sequence[Any]]
    units: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return max((len(column) for column in self.columns.values()), default=0)

    def __getitem__(self, heading: str) -> Sequence[Any]:
        return self.columns[heading]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One mapping per row."""
        return [
            {heading: column[row] for heading, column in self.columns.items()}
            for row in range(len(self))
        ]

    def to_dataframe(self) -> pandas.DataFrame:
        """Return a DataFrame; units are in its ``attrs["units"]``. Needs pandas."""
        import pandas

        frame = pandas.DataFrame(dict(self.columns))
        frame.attrs["units"] = dict(self.units)
        return frame

    def to_csv(self) -> str:
        """Return CSV; a column with a unit is headed ``Area (µm²)``."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(
            f"{name} ({self.units[name]})" if name in self.units else name for name in self.columns
        )
        writer.writerows(zip(*self.columns.values(), strict=True))
        return out.getvalue()

    @classmethod
    def from_csv(
        cls, text: str, units: Mapping[str, str], texts: Sequence[str] = ()
    ) -> ResultTable:
        """Read what `to_csv` wrote.

        Parameters
        ----------
        text : str
        units : mapping of str to str
            Of the columns whose headings end in a unit.
        texts : sequence of str
            The columns that hold texts; all others hold numbers.
        """
        headings, *rows = csv.reader(io.StringIO(text))
        written = {f"{name} ({unit})": name for name, unit in units.items()}
        names = [written.get(heading, heading) for heading in headings]
        columns: dict[str, list[Any]] = {}
        for place, name in enumerate(names):
            cells = [row[place] for row in rows]
            columns[name] = cells if name in texts else [float(cell) for cell in cells]
        return cls(columns, units)

    @property
    def texts(self) -> list[str]:
        """The columns that hold texts."""
        found = self.columns.items()
        return [name for name, cells in found if any(isinstance(cell, str) for cell in cells)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `to_csv` to a file, which is replaced if it exists."""
        with atomic_output(path, overwrite=True) as file:
            file.write(self.to_csv().encode())


def units_of(columns: Mapping[str, Sequence[Any]], unit: str) -> dict[str, str]:
    """Return the units of the columns that ImageJ's own measurements write."""
    found = {name: unit for name in _LENGTHS if name in columns}
    found |= {name: "pixel" for name in _PIXELS if name in columns}
    found |= {name: "degree" for name in _DEGREES if name in columns}
    if "Area" in columns:
        found["Area"] = f"{unit}²"
    return found


@dataclass(frozen=True)
class CommandResult:
    """What a command or a macro gave back.

    Attributes
    ----------
    images : tuple
        Those that were open at its end, in the kind that was given, calibrated: the given ones
        that it left open, then those it made. Without a given one they are `CalibratedImage`.
    image : image or None
        The one of them that was active: what the command made, or changed.
    results : ResultTable
        The Results table; empty if there is none.
    tables : mapping of str to ResultTable
        Tables with other titles; none in a JVM that others have started.
    rois : Rois
        What the ROI Manager held, then what else the overlay of the active image has.
    log : str
        What was printed.
    value : str
        What the macro returned, ``""`` if it returned nothing.
    options : str
        The recorded options that a command ran with.
    """

    images: tuple[Any, ...]
    image: Any
    results: ResultTable
    tables: Mapping[str, ResultTable]
    rois: Rois
    log: str = ""
    value: str = ""
    options: str = ""

    def named_tables(self) -> dict[str, tuple[str, ResultTable]]:
        """Return title and table by the ending of a file: ``.csv`` for the Results table.

        ``-counts.csv`` is that of a table called Counts, ``-counts-2.csv`` of another one whose
        title gives the same word.
        """
        found = {".csv": ("", self.results)} if len(self.results) else {}
        for title, table in self.tables.items():
            name = ending = f"-{word(title)[:60] or 'table'}"
            number = 1
            while f"{ending}.csv" in found:
                number += 1
                ending = f"{name}-{number}"
            found[f"{ending}.csv"] = (title, table)
        return found

    def files(self, *rois: str) -> dict[str, bytes]:
        """Return what there is beside the images, as files by the ending of their names.

        Parameters
        ----------
        *rois : {".zip", ".geojson"}
            In which forms ROIs are written; where there is none, neither.

        Returns
        -------
        dict of str to bytes
            Tables as `named_tables` names them, ROIs, and ``.txt`` with what was printed and
            returned.
        """
        made = {
            ending: table.to_csv().encode() for ending, (_, table) in self.named_tables().items()
        }
        if len(self.rois):
            made |= {ending: self.rois.as_file(ending) for ending in rois}
        printed = "\n".join(filter(None, (self.log.rstrip("\n"), self.value)))
        if printed:
            made[".txt"] = printed.encode() + b"\n"
        return made


def word(label: str) -> str:
    """Return one word for a label: "Median..." gives stack-median.tif."""
    return "-".join("".join(c if c.isalnum() else " " for c in label).lower().split())
