"""Bodies of requests and answers, as they are checked and as the OpenAPI document says them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, Tag

from fiji_bridge.client.wire import WireImage
from fiji_bridge.engines.select import EngineName

ImageId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_Text = Annotated[str, Field(max_length=500)]
_Index = Annotated[int, Field(ge=0, le=2**31)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Login(_Body):
    """The token, given once to the page."""

    token: Annotated[str, Field(min_length=1, max_length=500)]


class NewImage(_Body):
    """An upload that is announced: a TIFF, or an ``.npy`` file with the description of its axes."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    size: Annotated[int, Field(ge=1, le=2**53)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    described: WireImage | None = None


class Reference(_Body):
    """A TIFF or OME-Zarr below one of the configured roots."""

    root: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    path: Annotated[str, Field(min_length=1, max_length=4000)]


class Asked(_Body):
    """An operation on an image; voxel size and unit stand for those that the image lacks."""

    image: ImageId
    operation: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    parameters: dict[str, Any] = {}
    voxel_size: _Text | None = None
    unit: _Text | None = None


#: By default "tif"; of an OME-Zarr the result is one too.
_Formats = (
    Annotated[list[Literal["tif", "ome.tif", "npy", "ome.zarr"]], Field(min_length=1, max_length=4)]
    | None
)
_Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")]


class OperationJob(Asked):
    """An operation; one with a `key` that was used before is the job that was queued then."""

    formats: _Formats = None
    engine: EngineName | None = None
    check: bool = False
    key: _Key = ""


class _ImageJJob(_Body):
    image: ImageId
    voxel_size: _Text | None = None
    unit: _Text | None = None
    formats: _Formats = None
    key: _Key = ""


class MacroJob(_ImageJJob):
    """A macro on the list of the service, by its name; `argument` is its ``getArgument()``."""

    macro: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    argument: Annotated[str, Field(max_length=4000)] = ""


class CommandJob(_ImageJJob):
    """An ImageJ command on the list, by its label; options by their keys, or as recorded."""

    command: Annotated[str, Field(min_length=1, max_length=200)]
    options: (
        Annotated[str, Field(max_length=4000)]
        | dict[Annotated[str, Field(max_length=100)], bool | int | float | _Text | None]
    ) = ""
    stack: bool | None = None


class FreeMacroJob(_ImageJJob):
    """The text of a macro, where the service was started with ``--free-macros``."""

    macro_text: Annotated[str, Field(min_length=1, max_length=100_000)]
    argument: Annotated[str, Field(max_length=4000)] = ""


def _kind_of_job(given: Any) -> str:
    names = given if isinstance(given, dict) else ()
    return next((name for name in ("macro", "command", "macro_text") if name in names), "operation")


class NewJob(
    RootModel[
        Annotated[
            Annotated[OperationJob, Tag("operation")]
            | Annotated[MacroJob, Tag("macro")]
            | Annotated[CommandJob, Tag("command")]
            | Annotated[FreeMacroJob, Tag("macro_text")],
            Discriminator(_kind_of_job),
        ]
    ]
):
    """A job: an operation, or what of ImageJ the service was told to allow."""


class NewPreview(Asked):
    """A region of one channel and time, before and after.

    Where `region` says nothing of an axis, as much round `position` (z, y, x) as is quickly shown.
    """

    position: Annotated[list[_Index], Field(min_length=3, max_length=3)] | None = None
    region: dict[
        Literal["z", "y", "x"], Annotated[list[_Index], Field(min_length=2, max_length=2)]
    ] = {}
    channel: _Index | None = 0
    frame: _Index = 0


class Problem(BaseModel):
    """What is answered where something is not done (RFC 9457)."""

    model_config = ConfigDict(extra="allow")
    status: int
    detail: str


class SessionAnswer(_Body):
    """Who came in, and the page's half of the proof."""

    owner: str
    csrf: str
    expires: float


class ImageAnswer(_Body):
    """An image; its axes, voxels and warnings once it is ready."""

    id: str
    name: str
    size: int
    received: int
    sha256: str
    state: Literal["receiving", "ready", "refused"]
    reason: str
    created: float
    axes: list[str] = []
    shape: list[int] = []
    dtype: str = ""
    bytes: int = 0
    voxels: dict[str, Any] = {}
    channels: list[str] = []
    warnings: list[str] = []


class TableAnswer(_Body):
    """A table for people."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    notes: list[str]


class PlanAnswer(_Body):
    """What would be done, and the same in other words."""

    plan: dict[str, Any]
    table: TableAnswer
    warnings: list[str]
    needed_bytes: int
    total_bytes: int
    same_as: dict[str, str]


class PreviewAnswer(_Body):
    """Two PNGs in base64, and where the region lies."""

    before: str
    after: str
    region: dict[str, list[int]]
    warnings: list[str]
    seconds: float


class JobAnswer(_Body):
    """A job, how far it is, and why it failed if it did."""

    id: str
    image: str
    request: dict[str, Any]
    state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
    done: int
    total: int
    bytes_per_second: int
    needed_bytes: int
    attempts: int
    created: float
    started: float
    ended: float
    error: str
    kind: str
    output: str


class FileAnswer(_Body):
    """A file of a result; of a table its title, the units and which columns hold texts.

    An OME-Zarr is a folder, whose files are below its address; it has no digest.
    """

    name: str
    format: str
    bytes: int
    sha256: str
    part: str = ""
    image: dict[str, Any] | None = None
    units: dict[str, str] = {}
    texts: list[str] = []


class ResultAnswer(_Body):
    """What a job gave."""

    id: str
    kind: Literal["image", "images", "report", "command"]
    files: list[FileAnswer]
    provenance: list[dict[str, Any]]
    report: dict[str, Any] | None
    table: TableAnswer | None
    check: dict[str, Any] | None
    warnings: list[str]
    seconds: float


class LinkAnswer(_Body):
    """Where a result is read without a token, below the address of the service; until when."""

    path: str
    expires: float


class OperationAnswer(_Body):
    """An operation; `parameters` is a JSON Schema."""

    name: str
    title: str
    summary: str
    group: str
    result: Literal["image", "images", "report"]
    uses_engine: bool
    example: dict[str, Any]
    parameters: dict[str, Any]


class AllowedAnswer(_Body):
    """What of ImageJ jobs may run: macros by name, commands by label, any macro text.

    And how long links to results last; 0: there are none.
    """

    macros: list[str]
    commands: list[str]
    free_macros: bool
    link_hours: float


class FolderEntry(_Body):
    """A folder, or a TIFF or OME-Zarr below a root."""

    name: str
    folder: bool
    bytes: int


class Health(_Body):
    """Whether the service lives."""

    status: Literal["ok", "stopping"]
