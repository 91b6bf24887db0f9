"""A process that reads files whose paths come on standard input, within stated limits.

Answers one line of JSON per file: what came of it, and the largest memory so far.
"""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
import warnings
from pathlib import Path

from fiji_bridge import read
from fiji_bridge.errors import FijiBridgeError


def outcome(path: str, reader: str) -> tuple[str, str]:
    """Return ``read``, ``refused`` with the sentence, or ``failed`` with the traceback."""
    try:
        image = read(path, reader=reader)
        if image.data.ndim != len(image.axes) or image.data.size == 0:
            return "failed", f"axes {image.axes} of {image.data.shape}"
        image.data.sum()
    except FijiBridgeError as error:
        sentence = str(error)
        return ("failed" if "\n" in sentence else "refused"), sentence
    except BaseException:
        return "failed", traceback.format_exc()
    return "read", ""


def main() -> None:
    """Serve until standard input ends."""
    reader = sys.argv[1]
    # ImageJ and Java print what they like; the answers have a way of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if reader == "imagej":
        from fiji_bridge.jvm.session import start

        start()
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        what, said = outcome(json.loads(line), reader)
        print(json.dumps([what, said, peak_bytes()]), file=answers, flush=True)


def peak_bytes() -> int:
    """Return the largest resident memory of this program.

    Not `resource.getrusage`: that begins with what the process held that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found, status
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
