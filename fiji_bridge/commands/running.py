"""Any ImageJ 1.x command or macro on images of any kind."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from fiji_bridge.commands.options import quoted, recorded
from fiji_bridge.commands.results import CommandResult, ResultTable, units_of
from fiji_bridge.commands.rois import Rois, Shape
from fiji_bridge.convert.adapters import like, to_image
from fiji_bridge.errors import ArgumentError, FileError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.paths import kind, to_path
from fiji_bridge.image.voxel_size import VoxelSizeLike
from fiji_bridge.jvm.imageplus import from_imageplus, to_imageplus
from fiji_bridge.jvm.macros import command_labels, is_filter, read_table, run_on
from fiji_bridge.jvm.session import Session, start
from fiji_bridge.ops.operation import nearest
from fiji_bridge.ops.provenance import entry, library

_SUFFIXES = (".ijm", ".txt")


def run_command(
    image: Any,
    command: str,
    recorded_options: str | None = None,
    /,
    *,
    stack: bool | None = None,
    voxel_size: VoxelSizeLike | None = None,
    unit: str | None = None,
    axes: str | None = None,
    rois: Rois | Sequence[Shape] = (),
    **options: Any,
) -> CommandResult:
    """Run an ImageJ 1.x command on an image: ``run_command(image, "Median...", radius=2)``.

    Parameters
    ----------
    image : image
        Of any kind that `fiji_bridge.gaussian` takes; it is not changed itself.
    command : str
        Label of the menu entry, as the macro recorder writes it: ``"Gaussian Blur 3D..."``.
    recorded_options : str, optional
        The options as one recorded text, ``"x=2 y=2 z=1"``, instead of keywords.
    stack : bool, optional
        Whether a command that handles one plane handles all of them. By default it does, if the
        image has several; other commands know their planes.
    voxel_size, unit, axes
        As in `fiji_bridge.gaussian`.
    rois : Rois, optional
        What the ROI Manager holds at the beginning.
    **options
        By the recorder's keys. A key that is the name of a parameter here, or no name of
        Python's, goes into `recorded_options`.

    Returns
    -------
    CommandResult

    Raises
    ------
    ArgumentError
        For a command that this ImageJ does not have, and for options given in both ways.
    MacroError
        If the command fails, or would open a dialog: its fields and their defaults are named.
    DTypeError, AxesError
        For samples or axes that ImageJ cannot hold.

    Notes
    -----
    Nothing else is open while the command runs, results and ROIs are empty, measurements are
    ImageJ's own defaults (area, mean, minimum and maximum), and what was there is put back.

    Examples
    --------
    >>> result = fiji_bridge.run_command(
    ...     "stack.tif", "Subtract Background...", rolling=20, stack=True
    ... )
    >>> result.image.shape
    (25, 81, 81)
    """
    if not isinstance(command, str):
        raise ArgumentError(
            f"a command is given by its name in the menu, such as 'Invert'; got {kind(command)}: "
            "run_command(image, 'Invert')"
        )
    if recorded_options is not None and options:
        raise ArgumentError("give the options as one text or as keywords, not both")
    text = recorded(options) if recorded_options is None else recorded_options.strip()
    given = to_image(image, voxel_size=voxel_size, unit=unit, axes=axes)
    session = start()
    _check_command(session, command)
    planes = given.size("t") * given.size("z") * given.size("c")
    note = ""
    # With any option at all ImageJ would take the defaults of a dialog's fields without a word.
    asks = command.endswith("...") and not text
    told = asks or stack is False or planes == 1 or "stack" in text.split()
    if not told and (stack or is_filter(session, command)):
        text = f"{text} stack".strip()
        note = f"{command} handles one plane at a time: 'stack' was added for all {planes}"
    macro = f"run({quoted(command)}, {quoted(text)});"
    said = {"command": command, "options": text, **({"note": note} if note else {})}
    return _run(session, macro, "", {"image": (image, given)}, rois, "run_command", said, text)


def run_macro(
    macro: str | os.PathLike[str],
    images: Any = (),
    argument: str = "",
    *,
    rois: Rois | Sequence[Shape] = (),
    isolated: bool = False,
) -> CommandResult:
    """Run an ImageJ macro, with images open in it.

    Parameters
    ----------
    macro : str or path
        The macro's text; a path, or a text that ends in ``.ijm``, is read as a file.
    images : image, sequence of images or mapping of str to image
        Open when the macro begins, the first one active; each of any kind that
        `fiji_bridge.gaussian` takes, not changed itself. The keys of a mapping are the titles.
    argument : str
        What ``getArgument()`` returns.
    rois : Rois, optional
        What the ROI Manager holds at the beginning.
    isolated : bool
        Whether it runs in a process of its own (see `Workers`), which it may crash.

    Returns
    -------
    CommandResult

    Raises
    ------
    MacroError
        If the macro fails, aborts or would open a dialog; with the line, where ImageJ says it.
    FileError
        If the file cannot be read.

    Notes
    -----
    As in `run_command`, nothing of one run is seen in the next one.

    Examples
    --------
    >>> result = fiji_bridge.run_macro(
    ...     'run("Set Measurements...", "mean"); run("Measure"); return "" + nSlices;', "stack.tif"
    ... )
    >>> result.value
    '25'
    >>> result.results.to_dataframe().columns.tolist()
    ['Mean']
    """
    if isolated:
        from fiji_bridge.commands.workers import Workers

        with Workers(1) as workers:
            return workers.run_macro(macro, images, argument, rois=rois)
    text = macro_text(macro)
    opened = {title: (obj, _titled(to_image(obj), title)) for title, obj in _listed(images).items()}
    return _run(start(), text, argument, opened, rois, "run_macro", {"macro": text}, "")


def macro_text(macro: str | os.PathLike[str]) -> str:
    """Return the text of a macro; a path, or a text that ends in ``.ijm``, is read as a file.

    Raises
    ------
    FileError
        If the file cannot be read.
    """
    if isinstance(macro, str) and ("\n" in macro or not macro.endswith(_SUFFIXES)):
        return macro
    source = to_path(macro, "a macro that is no text")
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read the macro {source}: {error}") from None


def _listed(images: Any) -> dict[str, Any]:
    if isinstance(images, Mapping):
        return {str(title): image for title, image in images.items()}
    if not isinstance(images, list | tuple):
        images = [images]
    return {f"\0{number}": image for number, image in enumerate(images)}


def _titled(image: CalibratedImage, title: str) -> CalibratedImage:
    from dataclasses import replace

    return image if title.startswith("\0") else replace(image, name=title)


def _check_command(session: Session, command: str) -> None:
    labels = command_labels(session)
    if command not in labels:
        raise ArgumentError(
            f"this ImageJ has no command {command!r}{nearest(command, labels)}; "
            "write it as the macro recorder does"
        )


def _run(
    session: Session,
    macro: str,
    argument: str,
    opened: Mapping[str, tuple[Any, CalibratedImage]],
    rois: Sequence[Shape],
    operation: str,
    said: Mapping[str, Any],
    options: str,
) -> CommandResult:
    given = [(obj, image, to_imageplus(image)) for obj, image in opened.values()]
    outcome = run_on(
        session, macro, argument, [imp for _, _, imp in given], [roi.data for roi in rois]
    )
    version = session.library_version("ij/ImageJ.class")
    info = library(f"ImageJ {version}")
    kinds = {int(imp.getID()): (obj, image) for obj, image, imp in given}
    left = {int(imp.getID()): imp for imp in outcome.images()}
    order = [*(i for i in kinds if i in left), *(i for i in left if i not in kinds)]
    active = outcome.active()
    if active is not None and int(active.getID()) not in left:
        active = None
    found: dict[int, Any] = {}
    calibration = None
    overlay: tuple[bytes, ...] = ()
    for number in order:
        made = from_imageplus(left[number])
        kind, source = kinds.get(number, (None, None))
        if source is None and given:
            kind, source, _ = given[0]
        before = source.provenance if source is not None else ()
        made = _after(made, before, entry(operation, info, **said))
        if active is not None and number == int(active.getID()):
            calibration, overlay = made.calibration, made.metadata.overlay
        found[number] = made if kind is None else like(kind, made)
    if calibration is None and given:
        calibration = given[0][1].calibration
    unit = (calibration.x.unit if calibration is not None else None) or "pixel"
    tables = {
        str(title): _table(session, table, unit)
        for title, table in outcome.tables().items()
        if table.size() > 0
    }
    managed = [Shape.from_bytes(bytes(data), calibration) for data in outcome.rois()]
    known = {shape.outline for shape in managed}
    drawn = [Shape.from_bytes(data, calibration) for data in overlay]
    shapes = [*managed, *(shape for shape in drawn if shape.outline not in known)]
    notes = [str(said["note"])] if "note" in said else []
    if operation == "run_command" and (taken := [str(field) for field in outcome.defaults()]):
        notes.append(f"not given, so ImageJ's defaults were taken: {' '.join(taken)}")
    return CommandResult(
        images=tuple(found.values()),
        image=None if active is None else found[int(active.getID())],
        results=_table(session, outcome.results(), unit),
        tables=tables,
        rois=Rois(shapes),
        log="\n".join(part for part in (*notes, str(outcome.log())) if part),
        value=str(outcome.value()),
        options=options,
    )


def _after(
    image: CalibratedImage, before: Sequence[Mapping[str, Any]], new: Mapping[str, Any]
) -> CalibratedImage:
    from dataclasses import replace

    return replace(image, provenance=(*before, new))


def _table(session: Session, table: Any, unit: str) -> ResultTable:
    columns = read_table(session, table)
    return ResultTable(columns, units_of(columns, unit))
