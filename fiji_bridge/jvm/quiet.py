"""Keeping one harmless line of the JVM off the screen."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Printed by every Java that starts with the Vector API; there is no option against it.
_HARMLESS = b"WARNING: Using incubator modules: jdk.incubator.vector\n"


@contextmanager
def quiet_start() -> Iterator[None]:
    """Hold back what the JVM writes to standard error while it starts, less that line."""
    with tempfile.TemporaryFile() as held:
        screen = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(screen, 2)
            os.close(screen)
            held.seek(0)
            rest = held.read().replace(_HARMLESS, b"")
            if rest:
                os.write(2, rest)
