"""``python -m fiji_bridge.jvm.class_training FILE``: makes a class cache; see `class_cache`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fiji_bridge import system
from fiji_bridge.jvm.class_cache import PATIENCE_S, TRAINING, part_of


def make(file: Path) -> None:
    """Make a cache by a process that ends, and give the file its name when it is complete."""
    part = part_of(file)
    system.lower_priority()
    subprocess.run(
        [sys.executable, "-m", "fiji_bridge.jvm.class_training"],
        env={**os.environ, TRAINING: str(part)},
        timeout=PATIENCE_S,
        check=False,
    )
    if part.is_file():
        part.replace(file)
        file.with_suffix(".making").unlink(missing_ok=True)


def train() -> None:
    """Start the embedded runtime, use what every run uses, and end Java, which writes the cache."""
    import jpype

    from fiji_bridge.jvm.session import start

    session = start(runtime="embedded")
    session.jclass("org.fijibridge.engine.WarmUp").start().join()
    # No class of ImageJ: Java would load it from the cache before it can be patched.
    for name in ("ArrayEngine", "Ticket"):
        session.jclass(f"org.fijibridge.bridge.{name}")
    jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().stop()
    jpype.JClass("java.lang.System").exit(0)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        make(Path(sys.argv[1]))
    else:
        train()
