"""A short run over damaged files; `fuzz.py` has the long one.

That the harness sees what it should is tried with readers that fail on purpose.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mutate import mutated, silent_seeds

import fuzz

#: Enough to meet each kind of damage in each kind of file about once.
COUNT = int(os.environ.get("FIJI_BRIDGE_FUZZ", "150"))


def test_damaged_files_are_read_or_refused() -> None:
    found = fuzz.run(COUNT)
    assert found.failures == []
    # Damage that is never met, or always refused, would prove nothing.
    assert found.counts["read"] > COUNT // 20
    assert found.counts["refused"] > COUNT // 4


@pytest.mark.jvm
def test_damaged_files_are_read_or_refused_with_imagej() -> None:
    assert fuzz.run(COUNT // 2, "imagej").failures == []


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    seeds = silent_seeds(tmp_path)
    assert len(seeds) > 20
    content = seeds[0].read_bytes()
    first, again = (mutated(content, random.Random("7 3")) for _ in range(2))
    assert first == again != content


FAULTS = {
    "raise ValueError('raw')": "ValueError: raw",
    "import os; os._exit(139)": "the process ended with 139",
    "import time; time.sleep(600)": "no answer within 5 s",
    "bytearray(400 * 2**20)": "memory grew by",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_harness_sees(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that goes wrong from its second file on."""
    (tmp_path / "sitecustomize.py").write_text(
        "import fiji_bridge, sys\n"
        "if sys.argv[-1] == 'tifffile' or 'worker' in ' '.join(sys.orig_argv):\n"
        "    right, seen = fiji_bridge.read, []\n"
        "    def wrong(path, reader):\n"
        "        seen.append(path)\n"
        "        if len(seen) > 1:\n"
        f"            {fault}\n"
        "        return right(path, reader=reader)\n"
        "    fiji_bridge.read = wrong\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    if "sleep" in fault:
        monkeypatch.setattr(fuzz, "TIME_LIMIT", 5.0)
    found = fuzz.run(1)
    assert len(found.failures) == 1
    assert FAULTS[fault] in found.failures[0]
