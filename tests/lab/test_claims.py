"""The documentation's claims: they hold, and each fault that is put in breaks its claim."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import fiji_bridge
from conftest import ROOT
from fiji_bridge_lab import claims
from fiji_bridge_lab.audit_cli import audit
from fiji_bridge_lab.claims import Outcome, Subject
from fiji_bridge_lab.coverage_images import scene


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return claims.audit(Subject.of("scipy"))


def test_every_claim_holds(outcomes: list[Outcome]) -> None:
    assert len(outcomes) > 40
    assert [o for o in outcomes if o.verdict != "holds"] == []


@pytest.mark.jvm
def test_every_claim_holds_for_the_java_engine() -> None:
    broken = [o for o in claims.audit(Subject.of("fused")) if o.verdict != "holds"]
    assert broken == []


def _columns(page: str) -> list[list[str]]:
    """Return claim, limit, verdict and reason: what is measured is of the machine it ran on."""
    cells = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [[row[0], *row[2:]] for row in cells]


def test_the_page_is_in_step(outcomes: list[Outcome]) -> None:
    written = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    assert _columns(claims.page(outcomes)) == _columns(written)


def _of(change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Return a blur whose result is changed."""

    def blur(image: Any, **options: Any) -> Any:
        found = fiji_bridge.gaussian(image, **options)
        if isinstance(found, np.ndarray):
            found[...] = change(np.asarray(found))
            return found
        return found.with_data(change(found.data))

    return blur


def _with(**instead: Any) -> Any:
    return lambda image, **options: fiji_bridge.gaussian(image, **{**options, **instead})


def _mixed(image: Any, **options: Any) -> Any:
    return fiji_bridge.gaussian(image, **{**options, "axes": None} | _names(options))


def _names(options: dict[str, Any]) -> dict[str, Any]:
    """Return the axes of an operation that takes the first one for z, and z for the rows."""
    return {"axes": {"czyx": "zcyx", "tzyx": "ztyx"}.get(options.get("axes", ""), "zyx")}


def _forgets_policy(image: Any, **options: Any) -> Any:
    return fiji_bridge.gaussian(image, **{**options, "nan": "propagate"})


def _other_engine(image: Any, **options: Any) -> Any:
    found = fiji_bridge.gaussian(image, **options)
    found.provenance = ({**found.provenance[-1], "engine": "fused"},)
    return found


def _in_voxels(image: Any, **options: Any) -> Any:
    return fiji_bridge.gaussian(image, **{**options, "voxel_size": (1, 1, 1), "sigma": (1, 1, 1)})


@pytest.mark.parametrize(
    ("claim", "blur"),
    [
        ("half-kernel", _with(kernel="scipy")),
        ("SciPy's numbers", _with(kernel="gauss3")),
        ("isotropy", _in_voxels),
        ("plan", _of(lambda a: a[..., ::-1] if a.size == 1 else np.roll(a, 1, -1))),
        ("mean, mirror-double", _with(border="nearest")),
        ("mean, periodic", _with(border="nearest")),
        ("semigroup", _with(kernel="gauss3")),
        ("channels", _mixed),
        ("time", _mixed),
        ("NaN refused", _forgets_policy),
        ("NaN reach", _with(kernel="gauss3", nan="ignore")),
        ("NaN ignored", _forgets_policy),
        ("judged", _of(lambda a: np.roll(a, 1, -1))),
        ("judged", _with(border="nearest")),
        ("provenance", _other_engine),
        ("threads", _of(lambda a: a + np.random.default_rng().random(a.shape).astype(a.dtype))),
        ("units", _of(lambda a: a * np.random.default_rng().random())),
        ("fwhm", lambda image, **o: fiji_bridge.gaussian(
            image, sigma=o.pop("fwhm", None) or o.pop("sigma"), **o)),
        ("law: integers", _of(lambda a: a - (a > 0) if a.dtype == np.uint8 else a)),
        ("law: flip", _of(lambda a: np.roll(a, 1, -1))),
    ],
)  # fmt: skip
def test_a_fault_breaks_its_claim(claim: str, blur: Any) -> None:
    (outcome,) = claims.audit(Subject.of("scipy", gaussian=blur), [claim])
    assert outcome.verdict == "broken", outcome


@pytest.mark.parametrize(
    ("claim", "name", "instead"),
    [
        ("ramp", "derivative", {"voxel_size": "1 1 1 um"}),
        ("parabola", "derivative", {"along": "x"}),
        ("Laplacian", "laplacian", {"kernel": "gauss3", "sigma": 3.3}),
        ("pyramid", "pyramid", {"initial_sigma": "1.9 um"}),
        ("rescale", "rescale", {"antialias": "none"}),
        ("rescale, blur", "rescale", {"antialias": "none"}),
        ("rescale, folded", "rescale", {"antialias": "none"}),
        ("rescale, strong", "rescale", {"antialias": "gaussian"}),
        ("rescale, plan", "rescale", {"interpolation": "cubic"}),
    ],
)
def test_a_fault_of_another_operation_breaks_its_claim(
    claim: str, name: str, instead: dict[str, Any]
) -> None:
    def changed(image: Any, **options: Any) -> Any:
        return getattr(fiji_bridge, name)(image, **{**options, **instead})

    (outcome,) = claims.audit(Subject.of("scipy", **{name: changed}), [claim])
    assert outcome.verdict == "broken", outcome


def test_a_wrong_kernel_breaks_what_is_claimed_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from fiji_bridge.kernels import gaussian as kernels
    from fiji_bridge.kernels.worth import worth

    monkeypatch.setattr(kernels, "band_limited_half", kernels.gauss3_half)
    names = ["second moment", "FWHM", "bead", "transfer"]
    # What was measured of the right kernel is remembered, and that of the wrong one must not be.
    worth.cache_clear()
    try:
        found = claims.audit(Subject.of("scipy"), names)
    finally:
        worth.cache_clear()
    assert [o.verdict for o in found] == ["broken"] * 4


def test_a_check_that_passes_everything_breaks_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    from fiji_bridge.check.judgement import Judged

    monkeypatch.setattr(Judged, "same", property(lambda self: True))
    (outcome,) = claims.audit(Subject.of("scipy"), ["crosscheck"])
    assert outcome.verdict == "broken"


def test_a_biased_suggest_breaks_the_claim() -> None:
    def biased(image: Any, **options: Any) -> Any:
        return fiji_bridge.suggest(np.sqrt(np.maximum(image, 0)), **options)

    found = claims.audit(Subject.of("scipy", suggest=biased), ["suggest", "suggest, intervals"])
    assert [outcome.verdict for outcome in found] == ["broken", "broken"]


def test_a_suggest_that_always_answers_breaks_the_claim() -> None:
    beads = scene("beads", "clean", 0)

    def sure(image: Any, **options: Any) -> Any:
        return fiji_bridge.suggest(beads.data, voxel_size=beads.voxels)

    (outcome,) = claims.audit(Subject.of("scipy", suggest=sure), ["suggest, cells"])
    assert outcome.verdict == "broken"


def test_the_command_says_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = CliRunner()
    good = runner.invoke(audit, ["--claim", "units"], standalone_mode=False)
    assert good.return_value == 0
    assert "1 of 1 claims hold" in good.output
    monkeypatch.setattr(fiji_bridge, "gaussian", _of(lambda a: a * np.random.random()))
    bad = runner.invoke(audit, ["--claim", "units", "--json"], standalone_mode=False)
    assert bad.return_value == 1
    values = json.loads(bad.output)
    assert values["passed"] is False
    assert values["claims"][0]["verdict"] == "broken"


def test_an_unknown_claim_is_named() -> None:
    found = CliRunner().invoke(audit, ["--claim", "nonsense"])
    assert found.exit_code == 2
    assert "'nonsense'; claims are" in found.output
