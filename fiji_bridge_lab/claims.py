"""The claims of the documentation, measured on made images: claim, measured, verdict.

The laws of a blur (`fiji_bridge_lab.laws`) hold for anybody's filter and are claims here; what only
this package claims stands in `fiji_bridge_lab.claims_measured`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fiji_bridge
from fiji_bridge_lab.laws import LAWS, Law, Widths, check_law

SCHEMA = "fiji-bridge/audit/1"

#: ``operation(image, **parameters)``, as the public functions.
Call = Callable[..., Any]


@dataclass(frozen=True)
class Subject:
    """What is audited: the package's functions with one engine. A test puts a fault into one.

    Attributes
    ----------
    engine : str
    calls : mapping of str to callable
        Functions that stand in for the public ones, by name.
    """

    engine: str
    calls: Mapping[str, Call]

    @classmethod
    def of(cls, engine: str, **instead: Call) -> Subject:
        """Return the package's own functions, or some of the caller's instead."""
        return cls(engine, instead)

    def call(self, name: str, image: Any, **parameters: Any) -> Any:
        """Call an operation with the engine that is audited."""
        function = self.calls.get(name) or getattr(fiji_bridge, name)
        return function(image, engine=self.engine, **parameters)

    def blur(self, image: Any, **parameters: Any) -> NDArray[Any]:
        """Return a blur as a plain array."""
        return np.asarray(self.call("gaussian", image, **parameters))


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes
    ----------
    name : str
    statement : str
        As the documentation makes it, with the unit of what is measured.
    measure : callable
        ``measure(subject)`` returns how far from the claim it is, and a note.
    limit : float
        Largest value with which the claim holds.
    reason : str
        Why the limit is this.
    """

    name: str
    statement: str
    measure: Callable[[Subject], tuple[float, str]]
    limit: float
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What a claim came to.

    Attributes
    ----------
    claim, statement, reason : str
    verdict : {"holds", "broken"}
    measured : float or None
        None where the package raised an error, which breaks the claim.
    limit : float
    note : str
    """

    claim: str
    statement: str
    verdict: str
    measured: float | None
    limit: float
    note: str
    reason: str


def claims() -> Iterator[Claim]:
    """Iterate over all claims, the laws first."""
    from fiji_bridge_lab.claims_measured import CLAIMS

    for law in LAWS.values():
        if law.claimed and law.tolerance is not None:
            yield Claim(
                f"law: {law.name}", law.statement, _by_law(law), law.tolerance, "see the laws"
            )
    yield from CLAIMS


def _by_law(law: Law) -> Callable[[Subject], tuple[float, str]]:
    def measure(subject: Subject) -> tuple[float, str]:
        def blur(volume: NDArray[Any], sigma: Widths) -> NDArray[Any]:
            return subject.blur(
                volume, sigma=sigma, voxel_size=(1, 1, 1), axes="zyx", nan="propagate"
            )

        found = check_law(law, blur)
        if found.value is None:
            raise ArithmeticError(found.note)
        return found.value, found.note

    return measure


def audit(subject: Subject, names: Sequence[str] = ()) -> list[Outcome]:
    """Measure claims, all of them or those that are named."""
    chosen = [claim for claim in claims() if not names or claim.name in names]
    return [check(claim, subject) for claim in chosen]


def check(claim: Claim, subject: Subject) -> Outcome:
    """Measure one claim; an error breaks it."""
    measured: float | None
    try:
        measured, note = claim.measure(subject)
    except Exception as error:
        measured, note = None, f"{type(error).__name__}: {error}"
    # NaN is no measurement that a claim could rest on.
    holds = measured is not None and measured <= claim.limit
    verdict = "holds" if holds else "broken"
    return Outcome(claim.name, claim.statement, verdict, measured, claim.limit, note, claim.reason)


def as_dict(outcomes: Sequence[Outcome], engine: str) -> dict[str, Any]:
    """Return the audit as plain values for JSON."""
    return {
        "schema": SCHEMA,
        "engine": engine,
        "passed": all(outcome.verdict == "holds" for outcome in outcomes),
        "claims": [asdict(outcome) for outcome in outcomes],
    }


def page(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a page of the documentation.

    Values are rounded up to one digit, so that another processor's last bits change nothing.
    """
    lines = [
        "# Claims, measured",
        "",
        "Made by `fiji-bridge audit --docs docs`; do not edit it by hand. The same command without "
        "`--docs` measures them again on your machine, with the engine that you name.",
        "",
        "| claim | measured | limit | verdict | why this limit |",
        "|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        measured = "error" if outcome.measured is None else at_most(outcome.measured)
        note = f" ({outcome.note})" if outcome.note else ""
        lines.append(
            f"| {outcome.statement} | {measured}{note} | {outcome.limit:g} | {outcome.verdict} | "
            f"{outcome.reason} |"
        )
    return "\n".join([*lines, ""])


def at_most(value: float) -> str:
    """Return a measured value, rounded to two digits."""
    return "0" if value == 0 else f"{value:.1e}"
