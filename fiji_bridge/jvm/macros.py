"""Running ImageJ macros, so that a failed one is an error."""

from __future__ import annotations

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
    Ctrl-C aborts the macro.
    """
    session.prepare_imagej()
    runner = session.jclass("org.fijibridge.bridge.MacroRunner")
    outcome = call(session, lambda ticket: runner.run(text, argument, ticket))
    if outcome.failed():
        raise MacroError(f"the ImageJ macro failed: {outcome.message()}")
    return str(outcome.value())


def opened_titles(session: Session) -> list[str]:
    """Return the titles of the images that are open."""
    manager: Any = session.jclass("ij.WindowManager")
    return [str(title) for title in manager.getImageTitles()]
