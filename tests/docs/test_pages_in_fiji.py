"""The pages on ImageJ2 run there: each in a process of its own, joined or started."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import FIJI, ROOT, run_python

pytestmark = [pytest.mark.jvm, pytest.mark.fiji]

#: Java and jars are those that are here; nothing is downloaded.
INIT = f"""
import scyjava; scyjava.config.set_java_constraints(fetch='auto', version='17')
scyjava.config.endpoints.clear()
import imagej
scyjava.config.endpoints.clear()
ij = imagej.init({FIJI!r}, mode='headless')
"""
START = f"""
import fiji_bridge; fiji_bridge.start(fiji={FIJI!r})
"""
RUN = f"""
import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
from docs.test_pages import DOCS, examples, make_stack
make_stack()
document = examples(DOCS / sys.argv[1])
document.namespace.update(given)
for example in document.examples():
    if "/path/to/Fiji" not in str(example.parsed):
        example.evaluate()
import fiji_bridge
print(fiji_bridge.start().settings.runtime)
"""


def run(start: str, page: str, folder: Path, given: str) -> subprocess.CompletedProcess[str]:
    # A file, and guarded, since workers import it.
    script = folder / "page.py"
    inside = f"import os; os.chdir({str(folder)!r})\n"
    script.write_text(f"if __name__ == '__main__':\n    exec({inside + start + given + RUN!r})\n")
    return run_python([str(script), page])


@pytest.mark.parametrize(
    ("start", "runtime"), [(INIT, "guest"), (START, "fiji")], ids=["guest", "fiji"]
)
def test_pass_arrays(start: str, runtime: str, tmp_path: Path) -> None:
    done = run(start, "pass-arrays.md", tmp_path, "given = {}")
    assert (done.returncode, done.stdout.split()[-1:]) == (0, [runtime]), done.stderr


def test_the_page_for_users_of_pyimagej(tmp_path: Path) -> None:
    done = run(INIT, "pyimagej.md", tmp_path, "given = {'ij': ij}")
    assert done.returncode == 0, done.stderr
