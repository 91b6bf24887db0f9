r"""One command after the other for ImageJ, in a process that stays: Python and Java start once.

A line of standard input has the arguments of a command, as a JSON list. What the command says
comes as it is. Lines that begin with a control character are between: ``\x06 DONE TOTAL`` while it
works, ``\x04 CODE`` at its end, and `READY` before the first. The process ends with its input.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress

import click

from fiji_bridge.cli import render
from fiji_bridge.engines.engine import Progress

#: What begins a line that no command says.
END, WORKING = "\x04", "\x06"
READY = f"{END} ready"


@click.command("stay", hidden=True)
def stay() -> None:
    """Do what ImageJ asks for, one command after the other: arguments per line of input."""
    from fiji_bridge.cli import run

    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Whatever the locale: the other side writes and reads UTF-8.
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    _tell(READY)
    for line in sys.stdin:
        with render.told_to(_progress()):
            code = run(json.loads(line))
        _tell(f"{END} {code}")


def _tell(line: str) -> None:
    """Write a line behind what commands, and Java, have said."""
    for stream in (sys.stderr, sys.stdout):
        with suppress(OSError, ValueError):
            stream.flush()
    print(line, flush=True)


def _progress() -> Progress:
    """Return what tells of progress in steps of a hundredth."""
    before = -1

    def tell(done: int, total: int) -> None:
        nonlocal before
        now = 100 * done // max(1, total)
        if now != before:
            before = now
            print(f"{WORKING} {done} {total}", flush=True)

    return tell
