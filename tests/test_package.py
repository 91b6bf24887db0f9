"""What the package promises about itself."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import fiji_bridge
from conftest import ROOT, run_python

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_exported_names() -> None:
    assert fiji_bridge.__all__ == [
        "AxisCalibration",
        "CalibratedImage",
        "Calibration",
        "__version__",
        "bilateral",
        "compare",
        "convolve",
        "crosscheck",
        "derivative",
        "difference_of_gaussians",
        "gaussian",
        "gradient_magnitude",
        "laplacian",
        "median",
        "plan",
        "pyramid",
        "pyramid_plan",
        "read",
        "rescale",
        "rescale_plan",
        "run",
        "start",
        "structure_tensor",
        "suggest",
        "unsharp_mask",
        "views",
        "write",
        "write_images",
    ]
    for name in fiji_bridge.__all__:
        assert hasattr(fiji_bridge, name)


def test_importing_starts_and_loads_no_jvm() -> None:
    code = (
        "import sys, fiji_bridge, fiji_bridge.cli.commands\n"
        "print([m for m in ('jpype', 'scyjava', 'imagej', 'scipy', 'pint') if m in sys.modules])"
    )
    done = run_python(["-c", code])
    assert done.stdout == "[]\n", done.stderr


def test_version_is_one() -> None:
    pom = (ROOT / "java" / "pom.xml").read_text()
    found = re.search(r"<artifactId>fiji-bridge</artifactId>\s*<version>([^<]+)</version>", pom)
    assert found is not None
    assert found[1] == fiji_bridge.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == fiji_bridge.__version__
    assert f"## {fiji_bridge.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_environment_yml_is_consistent_with_pyproject() -> None:
    environment: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text())
    listed: dict[str, Requirement] = {}
    for entry in environment["dependencies"]:
        for text in entry["pip"] if isinstance(entry, dict) else [entry]:
            if not text.startswith("-"):
                requirement = Requirement(text)
                listed[requirement.name.lower()] = requirement
    project = PYPROJECT["project"]
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["fiji"],
        *PYPROJECT["build-system"]["requires"],
        f"python{project['requires-python']}",
    ]
    for text in wanted:
        requirement = Requirement(text)
        name = requirement.name.lower()
        assert name in listed, f"environment.yml lacks {requirement}"
        assert listed[name].specifier == requirement.specifier, name
    extra = set(listed) - {Requirement(text).name.lower() for text in wanted}
    assert extra == {"openjdk", "maven", "pip"}


@pytest.mark.parametrize("requirement", PYPROJECT["project"]["dependencies"])
def test_dependencies_are_ranges(requirement: str) -> None:
    assert Requirement(requirement).specifier, f"{requirement} is not pinned to a range"
