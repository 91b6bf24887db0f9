"""The program ``fiji-bridge``.

Exit codes: 0 done; 1 a check found a difference, or the doctor a problem; 2 the request makes
no sense; 3 Java or the runtime that was asked for cannot start; 4 another failure;
130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit; a user's mistake is one sentence, never a traceback."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code.

    The one place where failures of any command become a sentence and an exit code.
    """
    try:
        # Inside, so that Ctrl-C while these are loaded is handled as well.
        from fiji_bridge.cli import streams
        from fiji_bridge.cli.failures import sentence

        streams.prepare()
        try:
            code = _run(arguments)
            streams.flush()
        except BaseException as error:
            message, code = sentence(error)
            if message:
                streams.complain(message)
            streams.let_go()
    except KeyboardInterrupt:
        return 130
    return code


def _run(arguments: Sequence[str] | None) -> int:
    import warnings

    from fiji_bridge.cli import streams
    from fiji_bridge.cli.commands import program

    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: streams.complain(f"warning: {message}")
        outcome = program.main(
            None if arguments is None else list(arguments),
            prog_name="fiji-bridge",
            standalone_mode=False,
        )
    return outcome if isinstance(outcome, int) else 0
