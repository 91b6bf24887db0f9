"""Running ImageJ macros, so that a failed one is an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fiji_bridge.errors import MacroError
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session


def run_macro(session: Session, text: str, argument: str = "") -> str:
    """Run an ImageJ 1.x macro headless.

    Parameters
    ----------
    session : Session
    text : str
        The macro's source.
    argument : str
        What ``getArgument()`` returns.

    Returns
    -------
    str
        The macro's return value, ``""`` if it has none.

    Raises
    ------
    MacroError
        If the macro fails or aborts; ImageJ itself would return null, as for success.

    Notes
    -----
    Images that the macro leaves open are closed, so that no state leaks into the next run.
    Ctrl-C aborts the macro. One that calls ``System.exit`` fails, and Python lives on.
    """
    runner = _runner(session)
    outcome = call(session, lambda ticket: runner.run(text, argument, ticket), patience=10)
    return str(_good(outcome).value())


def run_on(
    session: Session, text: str, argument: str, images: Sequence[Any], rois: Sequence[bytes]
) -> Any:
    """Run a macro in an ImageJ where nothing else is open.

    Parameters
    ----------
    session : Session
    text, argument : str
        As in `run_macro`.
    images : sequence of ij.ImagePlus
        The first one is active.
    rois : sequence of bytes
        What the ROI Manager holds, in ImageJ's file format.

    Returns
    -------
    org.fijibridge.bridge.MacroRunner.Outcome
        With the images, tables and ROIs that the macro left; none of them stays open.

    Raises
    ------
    MacroError
        With what the macro had printed as its `log`.
    """
    import jpype

    runner = _runner(session)
    given = jpype.JArray(session.jclass("ij.ImagePlus"))(list(images))
    known = jpype.JArray(jpype.JArray(jpype.JByte))([_java_bytes(roi) for roi in rois])
    outcome = call(
        session, lambda ticket: runner.run(text, argument, given, known, ticket), patience=10
    )
    return _good(outcome)


def command_labels(session: Session) -> list[str]:
    """Return the labels of all ImageJ 1.x commands."""
    _runner(session)
    return sorted(map(str, session.jclass("org.fijibridge.bridge.Commands").labels()))


def is_filter(session: Session, label: str) -> bool:
    """Whether a command handles one plane, and all of them where it is told ``stack``."""
    _runner(session)
    return bool(session.jclass("org.fijibridge.bridge.Commands").isFilter(label))


def read_table(session: Session, table: Any) -> dict[str, list[Any]]:
    """Return the columns of an ``ij.measure.ResultsTable``: numbers, or texts."""
    import numpy as np

    reader = session.jclass("org.fijibridge.bridge.Tables")
    columns: dict[str, list[Any]] = {}
    for heading in map(str, table.getHeadings()):
        numbers = reader.numbers(table, heading)
        if numbers is None:
            columns[heading] = [str(text) for text in reader.texts(table, heading)]
        else:
            columns[heading] = np.array(numbers, float).tolist()
    return columns


def _java_bytes(data: bytes) -> Any:
    import jpype
    import numpy as np

    return jpype.JArray(jpype.JByte)(np.frombuffer(data, np.int8))


def _runner(session: Session) -> Any:
    session.prepare_imagej()
    if session.unpatched is not None:
        raise MacroError(
            "macros cannot run in the JVM that was there before fiji_bridge "
            f"({session.unpatched}); call fiji_bridge.start() first, or start that JVM with "
            "--add-opens=java.base/java.lang=ALL-UNNAMED and before any class of ImageJ is used"
        )
    if not session.jclass("java.awt.GraphicsEnvironment").isHeadless():
        raise MacroError(
            "macros cannot run in a JVM that has a screen, where ImageJ would stop at a dialog; "
            "run it in a process of its own (isolated=True, or fiji_bridge.Workers)"
        )
    return session.jclass("org.fijibridge.bridge.MacroRunner")


def _good(outcome: Any) -> Any:
    if outcome.failed():
        message = str(outcome.message())
        line = re.search(r"\(line (\d+)\)", message)
        raise MacroError(
            f"the ImageJ macro failed: {message}",
            line=int(line[1]) if line else None,
            log=str(outcome.log()),
        )
    return outcome


def opened_titles(session: Session) -> list[str]:
    """Return the titles of the images that are open."""
    manager: Any = session.jclass("ij.WindowManager")
    return [str(title) for title in manager.getImageTitles()]
