"""The program ``fiji-bridge``.

Exit codes: 0 done; 1 a check found a difference, or the doctor a problem; 2 the request makes
no sense; 3 Java or the runtime that was asked for cannot start; 4 another failure;
130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fiji_bridge.errors import FijiBridgeError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit; a user's mistake is one sentence, never a traceback."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    import click

    from fiji_bridge.cli.commands import program

    try:
        outcome = program.main(
            None if arguments is None else list(arguments),
            prog_name="fiji-bridge",
            standalone_mode=False,
        )
    except FijiBridgeError as error:
        _complain(str(error))
        return error.exit_code
    except click.Abort:
        _complain("interrupted; nothing was written")
        return 130
    except KeyboardInterrupt:
        _complain("interrupted; nothing was written")
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MemoryError as error:
        _complain(f"out of memory ({error}); work on a crop, or on fewer channels or frames")
        return 4
    except BrokenPipeError:
        # The reader of our output has gone; there is no one to tell.
        sys.stderr.close()
        return 4
    return outcome if isinstance(outcome, int) else 0


def _complain(message: str) -> None:
    print(f"fiji-bridge: {message}", file=sys.stderr)
