"""What ``run.json`` holds: the models that a run of anybody's is read by, and its schema."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

#: Identifies the layout of run.json.
SCHEMA = "fiji-bridge/regress-run/1"

Number = StrictInt | StrictFloat
Sha256 = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{64}$")]
Failed = Literal["cannot", "not installed", "error", "crash", "timeout"]


class _Part(BaseModel):
    """Keeps what it does not know: later versions add keys."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")


class Machine(_Part):
    """Where the run was made."""

    cpu: Any
    cores: Any
    architecture: Any
    system: Any
    python: Any


class Filter(_Part):
    """A filter as the suite asked for it."""

    name: StrictStr
    label: StrictStr
    optional: StrictBool
    parameters: dict[str, Any]


class Skipped(_Part):
    """A row that was left out."""

    case: StrictStr
    reason: StrictStr


class Summary(_Part):
    """Numbers that stand for an array that is not kept."""

    minimum: Number | None
    maximum: Number | None
    mean: Number | None
    deviation: Number | None
    sketch: list[Number]


class Kernel(_Part):
    """The taps of an impulse response."""

    taps: list[Number]
    centre: StrictInt


class Done(_Part):
    """What a filter gave."""

    status: Literal["done"]
    seconds: Number
    sha256: Sha256
    dtype: StrictStr
    shape: list[StrictInt]
    implementation: StrictStr
    runtime: StrictStr
    note: StrictStr
    summary: Summary
    kernels: dict[str, Kernel]


class NotDone(_Part):
    """Why a filter gave nothing."""

    status: Failed
    message: StrictStr


class Fit(_Part):
    """What a result looks like to the diagnosis."""

    words: StrictStr
    causes: list[StrictStr]
    explained: Any


class Compared(_Part):
    """Two results beside one another."""

    a: StrictStr
    b: StrictStr
    verdict: Literal["same", "explained", "different", "cannot tell"]
    words: StrictStr
    causes: list[StrictStr]
    maximum: Number
    mean: Number
    rms: Number
    where: dict[str, StrictInt]
    differing: StrictInt
    samples: StrictInt
    tolerance: Number
    share: Number
    inner_maximum: Number | None
    steps: Annotated[list[StrictInt], Field(min_length=10, max_length=10)]


class NotCompared(_Part):
    """Two filters one of which gave nothing."""

    a: StrictStr
    b: StrictStr
    verdict: Failed
    words: StrictStr
    causes: list[StrictStr]


class Row(_Part):
    """An image in one type, and what is done to it."""

    id: StrictStr
    image: dict[str, Any]
    dtype: StrictStr
    operation: StrictStr
    parameters: dict[str, Any]
    plan: dict[str, Any] | None
    data_range: Number | None
    source: StrictStr | None = Field(description="sha256 of the image")
    axes: list[StrictStr]
    results: dict[str, Annotated[Done | NotDone, Field(discriminator="status")]]
    fits: dict[str, Fit]
    pairs: list[Annotated[Compared | NotCompared, Field(discriminator="verdict")]]


class Run(_Part):
    """A run of the regression lab (run.json)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": SCHEMA,
        },
    )

    layout: Literal["fiji-bridge/regress-run/1"] = Field(alias="schema")
    suite: StrictStr
    folder: StrictStr | None = Field(description="folder of the suite file; null in a baseline")
    machine: Machine
    wheels: dict[str, StrictStr]
    runtimes: dict[str, dict[str, Sha256]] = Field(
        description="description of a JVM runtime -> file name of each jar -> sha256"
    )
    filters: list[Filter]
    skipped: list[Skipped]
    cases: list[Row]
    counts: dict[str, StrictInt]


def problem(run: Any) -> str | None:
    """Return what is wrong with the values of a run, and where; None where nothing is."""
    try:
        Run.model_validate(run)
    except ValidationError as error:
        return first(error)
    return None


def first(error: ValidationError) -> str:
    """Return the first thing that a validation found, with its place, as one line."""
    found = error.errors(include_url=False, include_context=False)[0]
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in found["loc"])
    given = "" if found["type"] == "missing" else f"; got {found['input']!r}"[:80]
    return " ".join(f"${place}: {found['msg']}{given}"[:240].split())
