"""Macros and the jar's table of fields come from the registry; what is checked in is in step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fiji_bridge.install import macrogen, modulegen, reference, stub
from fiji_bridge.ops.registry import REGISTRY

ROOT = Path(__file__).resolve().parent.parent.parent
RESOURCES = ROOT / "java" / "src" / "main" / "resources"


def test_the_checked_in_macros_are_in_step_with_the_registry() -> None:
    assert macrogen.check(ROOT / "macros") == []


def test_reference_and_stubs_are_in_step() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert page == reference.page(), "run: python -m fiji_bridge.install.macrogen"
    names = (ROOT / "docs" / "reference.rst").read_text(encoding="utf-8")
    assert names == reference.names(names)
    assert "   gaussian\n" in reference.names(names.replace("   gaussian\n", ""))
    assert stub.PATH.read_text(encoding="utf-8") == stub.generate()
    assert stub.BY_NAME.read_text(encoding="utf-8") == stub.by_name()


@pytest.mark.parametrize("name", macrogen.resources())
def test_the_resources_of_the_jar_are_in_step_with_the_registry(name: str) -> None:
    checked_in = (RESOURCES / name).read_text(encoding="utf-8")
    assert checked_in == macrogen.resources()[name], "run: python -m fiji_bridge.install.macrogen"


@pytest.mark.parametrize("name", modulegen.sources())
def test_the_scijava_commands_are_in_step_with_the_registry(name: str) -> None:
    checked_in = (ROOT / "java" / "src" / "main" / "java" / name).read_text(encoding="utf-8")
    assert checked_in == modulegen.sources()[name], "run: python -m fiji_bridge.install.macrogen"


def test_check_names_what_is_missing_changed_and_left_over(tmp_path: Path) -> None:
    written = macrogen.write(tmp_path)
    assert macrogen.check(tmp_path) == []
    written[0].unlink()
    written[1].write_text("changed", encoding="utf-8")
    (tmp_path / "old.ijm").write_text("", encoding="utf-8")
    problems = macrogen.check(tmp_path)
    assert len(problems) == 3
    for path, word in ((written[0], "missing"), (written[1], "out of step"), ("old.ijm", "no op")):
        assert any(str(path) in problem and word in problem for problem in problems)


@pytest.mark.parametrize("operation", REGISTRY.values(), ids=lambda operation: operation.name)
class TestEveryCommand:
    def test_has_every_macro_key_of_its_operation(self, operation: macrogen.Operation) -> None:
        names = [field.name for field in macrogen.fields(operation)]
        assert {p.name for p in operation.parameters if p.in_macro} <= set(names)
        assert len(set(names)) == len(names)

    def test_has_no_key_that_imagej_would_find_inside_another(
        self, operation: macrogen.Operation
    ) -> None:
        names = [field.name for field in macrogen.fields(operation)]
        assert [(a, b) for a in names for b in names if a != b and a.endswith(b)] == []

    def test_offers_its_defaults(self, operation: macrogen.Operation) -> None:
        for field in macrogen.fields(operation):
            if field.choices and field.default:
                assert field.default in field.choices

    def test_has_a_table_that_its_separators_cannot_break(
        self, operation: macrogen.Operation
    ) -> None:
        for field in macrogen.fields(operation):
            texts = (field.name, field.default, field.help, *field.choices)
            assert not any(re.search(r"[\t\n]", text) for text in texts)
            assert not any("|" in choice for choice in field.choices)

    def test_has_macros_that_say_version_usage_parameters_and_defaults(
        self, operation: macrogen.Operation
    ) -> None:
        for name in (f"{operation.name}.ijm", f"{operation.name}_batch.ijm"):
            text = macrogen.generate()[name]
            header = "\n".join(line for line in text.splitlines() if line.startswith("//"))
            assert macrogen.__version__ in header
            assert f"-macro {name} 'input=" in header
            for field in macrogen.fields(operation):
                assert re.search(rf"^//   {field.name} ", header, re.MULTILINE)
                assert field.default in header
