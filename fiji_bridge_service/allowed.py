"""Macros and ImageJ commands that jobs may run: those on the list of whoever runs the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fiji_bridge.commands.options import recorded
from fiji_bridge.commands.running import macro_text
from fiji_bridge.errors import FileError, InputError
from fiji_bridge_service.errors import RefusalError
from fiji_bridge_service.settings import Settings

#: Copies of an image that a command works with: here and in ImageJ, before and after.
_COPIES = 4


def listed(settings: Settings) -> dict[str, Any]:
    """Return what jobs may run, and how long links last."""
    return {
        "macros": sorted(settings.macros),
        "commands": sorted(settings.commands),
        "free_macros": settings.free_macros,
        "link_hours": settings.link_hours,
    }


def is_imagej(asked: Mapping[str, Any]) -> bool:
    """Whether a job is one of ImageJ's, and no operation of the package."""
    return "operation" not in asked


def name_of(asked: Mapping[str, Any]) -> str:
    """Return what a job is called: in names of files, in the log."""
    return str(asked.get("operation") or asked.get("macro") or asked.get("command") or "macro")


def needed_bytes(samples: int) -> int:
    """Return what a command is expected to need; how much it takes nobody knows beforehand."""
    return _COPIES * samples


def call(settings: Settings, asked: Mapping[str, Any]) -> dict[str, str | bool | None]:
    """Return what a worker runs; the list is looked at when a job is submitted and when it begins.

    Returns
    -------
    dict
        ``macro`` (its text) and ``argument``; or ``command``, ``options`` and ``stack``.

    Raises
    ------
    RefusalError
        403 for what is not on the list.
    """
    if "command" in asked:
        if asked["command"] not in settings.commands:
            raise _not_allowed("command", asked["command"])
        options = asked["options"]
        try:
            text = options if isinstance(options, str) else recorded(options)
        except InputError as error:
            raise RefusalError(422, str(error)) from None
        return {"command": asked["command"], "options": text, "stack": asked["stack"]}
    if "macro" in asked:
        path = settings.macros.get(asked["macro"])
        if path is None:
            raise _not_allowed("macro", asked["macro"])
        try:
            text = macro_text(path)
        except FileError:
            raise RefusalError(422, f"the macro {asked['macro']} cannot be read any more") from None
        return {"macro": text, "argument": asked["argument"]}
    if not settings.free_macros:
        raise RefusalError(
            403, "this service runs no macro text: it was not started with --free-macros"
        )
    return {"macro": asked["macro_text"], "argument": asked["argument"]}


def _not_allowed(kind: str, name: str) -> RefusalError:
    return RefusalError(
        403, f"the {kind} {name[:100]!r} is not on the list of this service, GET /v1/allowed"
    )
