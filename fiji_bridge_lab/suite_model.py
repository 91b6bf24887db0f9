"""What a suite file may say: the models that it is read by, and its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

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

from fiji_bridge.errors import InputError

Text: TypeAlias = Annotated[StrictStr, Field(min_length=1)]
Number: TypeAlias = StrictInt | StrictFloat
Pair: TypeAlias = Annotated[list[StrictStr], Field(min_length=2, max_length=2)]
Bound: TypeAlias = Annotated[StrictInt | StrictFloat, Field(ge=0, allow_inf_nan=False)]


class _Part(BaseModel):
    """Refuses what it does not know: a key that is misspelled would change nothing."""

    model_config = ConfigDict(extra="forbid")


class Head(_Part):
    """The table ``[suite]``."""

    name: Text = "suite"
    timeout: Annotated[Number, Field(gt=0, description="seconds per result")] = 120.0
    pairs: Literal["all"] | list[Pair] = "all"


class Image(_Part):
    """An entry of ``[[images]]``: a phantom, or a file relative to the suite's own."""

    name: Text
    phantom: StrictStr | None = None
    shape: list[Annotated[StrictInt, Field(ge=1)]] = []
    axes: StrictStr = "zyx"
    seed: Annotated[StrictInt, Field(ge=0)] = 0
    path: Text | None = None
    dtypes: Annotated[list[StrictStr], Field(min_length=1)] | None = None
    voxel_size: StrictStr | None = None
    optional: StrictBool = False


class Operation(_Part):
    """An entry of ``[[operations]]``."""

    name: Text
    operation: StrictStr = "gaussian"
    parameters: dict[str, Any] = {}
    images: list[StrictStr] = ["*"]


class Filter(_Part):
    """An entry of ``[[filters]]``."""

    name: Text
    label: Text | None = None
    runtime: StrictStr | None = None
    fiji: StrictStr | None = None
    maven: StrictStr | None = None
    optional: StrictBool = False
    parameters: dict[str, Any] = {}


class Rule(_Part):
    """An entry of ``[[rules]]``: what counts as the same; later ones override."""

    pair: Pair = ["*", "*"]
    dtypes: list[StrictStr] = ["*"]
    maximum: Bound | None = None
    share: Bound | None = None
    expected: list[StrictStr] | None = None
    residual: Bound | None = None


class SuiteFile(_Part):
    """A suite of the regression lab (TOML)."""

    suite: Head = Head()
    images: list[Image] = []
    operations: list[Operation] = []
    filters: list[Filter] = []
    rules: list[Rule] = []


#: What an entry of a list is called.
_ENTRIES: dict[str, tuple[str, type[_Part]]] = {
    "images": ("image", Image),
    "operations": ("operation", Operation),
    "filters": ("filter", Filter),
    "rules": ("rule", Rule),
}


def checked(values: Mapping[str, Any]) -> SuiteFile:
    """Return what a suite file says.

    Raises
    ------
    InputError
        For the first thing that does not fit, in one sentence: where, which key, which value.
    """
    try:
        return SuiteFile.model_validate(dict(values))
    except ValidationError as error:
        raise InputError(_sentence(error, values)) from None


def _sentence(error: ValidationError, values: Mapping[str, Any]) -> str:
    found = error.errors(include_url=False, include_context=False)[0]
    place = found["loc"]
    where, model, rest = _where(place, values)
    if found["type"] == "extra_forbidden":
        return f"unknown key {rest[-1]!r} in {where}; the keys are {', '.join(model.model_fields)}"
    key = ".".join(str(part) for part in rest)
    if found["type"] == "missing":
        return f"{where} has no {key}"
    if found["type"] == "list_type" and len(place) == 1:
        return f"{place[0]} must be written as [[{place[0]}]]"
    said = found["msg"][:1].lower() + found["msg"][1:]
    return f"{where}: {key}: {said}; got {found['input']!r:.60}"


def _where(
    place: tuple[int | str, ...], values: Mapping[str, Any]
) -> tuple[str, type[_Part], tuple[int | str, ...]]:
    """Return what a place is called, its model, and the rest of the place."""
    head = str(place[0])
    if head in _ENTRIES and len(place) > 1:
        what, model = _ENTRIES[head]
        number = int(place[1])
        entry = values[head][number]
        name = entry.get("name") if isinstance(entry, dict) else None
        called = f"the {what} {name!r}" if name else f"{what} {number + 1} of [[{head}]]"
        return called, model, place[2:] or (what,)
    if head == "suite" and len(place) > 1:
        return "[suite]", Head, place[1:]
    return "the suite", SuiteFile, place
