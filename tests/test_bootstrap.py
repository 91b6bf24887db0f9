"""The script that sets everything up: its checks run side by side, and any that fails is seen."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

import pytest

from conftest import ROOT


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("bootstrap")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_commands_say_comes_in_their_order(
    bootstrap: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "processors", lambda: 2)
    slow = "import sys; sys.stdin.read(); print('one'); print('two', file=sys.stderr)"
    assert bootstrap.abreast(python(slow), python("print('three')")) == 0
    said = [line for line in capfd.readouterr().out.splitlines() if "bootstrap: " not in line]
    assert sorted(said[:2]) == ["one", "two"]
    assert said[2:] == ["three"]


def test_the_first_that_fails_ends_it(
    bootstrap: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "processors", lambda: 1)
    fails = python("print('broken'); raise SystemExit(5)")
    assert bootstrap.abreast(fails, *[python("print('late')")] * 20) == 5
    said = capfd.readouterr().out
    assert said.startswith("bootstrap: ")
    assert said.endswith("broken\n")


def test_arguments_go_to_pytest_and_nothing_else_does(
    bootstrap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "abreast", lambda *commands: 0)
    monkeypatch.setattr(bootstrap, "run", lambda command: ran.append(command[1:]) or 3)
    assert bootstrap.test(["tests/ops", "-k", "plan"]) == 3
    assert bootstrap.test([]) == 3
    assert ran[0] == ["-m", "pytest", "tests/ops", "-k", "plan"]
    assert ran[1][:3] == ["-m", "pytest", "-n"]
    monkeypatch.setattr(bootstrap, "abreast", lambda *commands: 1)
    assert bootstrap.test([]) == 1
    assert len(ran) == 2
