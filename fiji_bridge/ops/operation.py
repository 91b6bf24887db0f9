"""An operation is one function that plans; every way to it follows from its declaration.

The function below `operation` takes a `CalibratedImage` and keywords, and returns a `Prepared`:
the plan, and what is left to compute. It touches no sample. What is public under its name takes
any kind of image, shows the plan with ``.plan(…)``, and computes when it is called.
"""

from __future__ import annotations

import difflib
import inspect
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    overload,
)

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.convert.adapters import FilteredArray, like, to_image
from fiji_bridge.convert.dask_arrays import computed, is_lazy
from fiji_bridge.engines.engine import Reach
from fiji_bridge.errors import ArgumentError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.grid import Every, Grid
from fiji_bridge.image.memory import check_memory
from fiji_bridge.image.paths import kind
from fiji_bridge.image.results import Images, Plan
from fiji_bridge.imagej.density import as_values, density, has_density
from fiji_bridge.ops.docstring import completed, typical_call
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.separable import Context

if TYPE_CHECKING:
    import xarray

#: As readers and widgets of napari exchange it.
LayerData: TypeAlias = tuple[Any, Mapping[str, Any], str]

#: Parameters with which an operation looks at samples before it is planned, and what they are
#: where it does not.
_MEASURED = {"gaussian": {"match": "none"}}

#: Keywords that say how the image is understood.
UNDERSTOOD = ("voxel_size", "unit", "axes")

P = ParamSpec("P")
PlanT_co = TypeVar("PlanT_co", bound=Plan, covariant=True)
ResultT_co = TypeVar("ResultT_co", covariant=True)
PlanT = TypeVar("PlanT", bound=Plan)
ResultT = TypeVar("ResultT")


class Result(Enum):
    """What an operation gives back."""

    IMAGE = "image"  # one `CalibratedImage`
    IMAGES = "images"  # several by name: `fiji_bridge.image.results.Images`
    REPORT = "report"  # no image, a table: `fiji_bridge.image.results.Report`


@dataclass(frozen=True)
class ByParts:
    """How an operation computes a part of each volume alone, with the bits of the whole.

    Attributes
    ----------
    compute : callable
        ``compute(image, context)``: the image is cut out of the one that was planned for, as
        ``context.part`` says; gives what is wanted of it.
    reach : callable
        From a `Context` to the samples before and after each that count for it, along z, y, x:
        around those that `grids` say.
    border : str
        Beyond the faces of the volume.
    dtype : dtype
        Of the result.
    memory : callable
        ``memory(given, wanted, context)``: bytes beyond what is given and what is wanted, for
        these shapes of one volume.
    refuses_nan : bool
        Whether samples that are NaN or infinite are refused.
    grids : tuple of Grid or None
        Along z, y, x, where the result lies on another grid: which samples one of it is made of.
    moved : callable
        From an image to what is said of the result, but for its samples.
    """

    compute: Callable[[CalibratedImage, Context], CalibratedImage]
    reach: Callable[[Context], Reach]
    border: str
    dtype: np.dtype[Any]
    memory: Callable[[tuple[int, ...], tuple[int, ...], Context], int]
    refuses_nan: bool
    grids: tuple[Grid, Grid, Grid] | None = None
    moved: Callable[[CalibratedImage], CalibratedImage] = lambda image: image

    def grid(self, axis: str, size: int) -> Grid:
        """Return the grid of the result along an axis of the image."""
        if self.grids is None or axis not in SPATIAL_AXES:
            return Every(size)
        return self.grids[SPATIAL_AXES.index(axis)]


@dataclass(frozen=True)
class Prepared(Generic[PlanT_co, ResultT_co]):
    """What an operation will do, and the rest of the way.

    Attributes
    ----------
    plan : Plan
    compute : callable
        From a `Context` to the result; the only part that reads samples.
    by_parts : ByParts or None
        Where a result depends on the samples around it only.
    coarser : Plan or None
        A `PyramidPlan`, where what goes by parts is the finest level of one.
    """

    plan: PlanT_co
    compute: Callable[[Context], ResultT_co]
    by_parts: ByParts | None = None
    coarser: Plan | None = None


class Filter(Protocol[P, PlanT_co]):
    """A public function that gives an image of the kind that it was given."""

    operation: Operation

    @overload
    def __call__(self, image: NDArray[Any], *args: P.args, **kwargs: P.kwargs) -> FilteredArray: ...
    # Before paths, for which mypy would take whatever has attributes of any name.
    @overload
    def __call__(
        self, image: xarray.DataArray, *args: P.args, **kwargs: P.kwargs
    ) -> xarray.DataArray: ...
    @overload
    def __call__(
        self, image: xarray.Dataset, *args: P.args, **kwargs: P.kwargs
    ) -> xarray.Dataset: ...
    @overload
    def __call__(self, image: LayerData, *args: P.args, **kwargs: P.kwargs) -> LayerData: ...
    @overload
    def __call__(
        self, image: CalibratedImage | str | os.PathLike[str], *args: P.args, **kwargs: P.kwargs
    ) -> CalibratedImage: ...

    def plan(self, image: Any, *args: P.args, **kwargs: P.kwargs) -> PlanT_co:
        """Return what a call would do, without touching a sample or starting Java."""
        ...


class Analysis(Protocol[P, PlanT_co, ResultT_co]):
    """A public function that gives several images, or a report."""

    operation: Operation

    def __call__(self, image: Any, *args: P.args, **kwargs: P.kwargs) -> ResultT_co:
        """Compute."""
        ...

    def plan(self, image: Any, *args: P.args, **kwargs: P.kwargs) -> PlanT_co:
        """Return what a call would do, without touching a sample or starting Java."""
        ...


@dataclass(frozen=True)
class Operation:
    """A declaration, and what follows from the function that it stands above.

    Attributes
    ----------
    name : str
        Function in Python, file in ``ops/``, subcommand, and file name of the macro.
    title : str
        Label of the ImageJ command, without the dots.
    summary : str
        First line of the docstring.
    prepare : callable
        The function: ``prepare(image, **parameters)`` gives a `Prepared`.
    parameters : tuple of Parameter
    context : tuple of str
        The other keywords: how the image is understood, and how the work is done.
    result : Result
    example : mapping
        Parameters of a typical run, on an image of voxels of about 1 µm: shown in macros and the
        reference, begun with in dialogs, and run by the tests in every way there is.
    menu : str
        ImageJ menu, such as ``"Process>Filters"``.
    java_class : str or None
        The ImageJ command in the jar; None where ImageJ leaves the work to the program.
    output : str
        What a macro writes, where the program computes.
    group : str
        Heading in ``fiji-bridge --help``.
    """

    name: str
    title: str
    summary: str
    prepare: Callable[..., Prepared[Plan, Any]] = field(repr=False)
    parameters: tuple[Parameter, ...] = field(repr=False)
    context: tuple[str, ...]
    result: Result
    example: Mapping[str, Any]
    menu: str
    java_class: str | None
    output: str
    group: str

    @property
    def uses_engine(self) -> bool:
        """Whether it computes on an engine; otherwise no JVM is needed for it."""
        return "engine" in self.context

    def prepared(self, image: CalibratedImage, **given: Any) -> Prepared[Plan, Any]:
        """Return plan and computation for parameters as a caller wrote them.

        Raises
        ------
        InputError
            For a parameter that it does not take, or a value that makes no sense.
        """
        takes = {parameter.name: parameter for parameter in self.parameters}
        self.refuse_unknown(given, takes)
        missing = [name for name, p in takes.items() if p.required and given.get(name) is None]
        if missing:
            raise ArgumentError(f"{self.name} needs {missing[0]}: {takes[missing[0]].help}")
        checked = {k: takes[k].checked(v) for k, v in given.items()}
        found = self.prepare(image, **checked)
        dtype = takes.get("dtype")
        if dtype is None or checked.get("dtype", dtype.default) == "same" or not has_density(image):
            return found
        # Samples that stand for other values are these in a float result. A mean has their unit,
        # a derivative has not.
        density(image)

        def compute(context: Context) -> Any:
            values = as_values(image, keep_unit="same" in dtype.choices)
            return self.prepare(values, **checked).compute(context)

        return Prepared(found.plan, compute)

    def measures(self, given: Mapping[str, Any]) -> str | None:
        """Return the parameter with which it looks at all samples before it is planned, if any."""
        for name, plain in _MEASURED.get(self.name, {}).items():
            if given.get(name) not in (None, plain):
                return name
        return None

    def plan(self, image: CalibratedImage, **given: Any) -> Plan:
        """Return what will be done; see `prepared`."""
        return self.prepared(image, **given).plan

    def apply(self, image: CalibratedImage, *, context: Context, **given: Any) -> Any:
        """Do it; see `prepared`."""
        return self.carry_out(image, self.prepared(image, **given), context)

    def carry_out(
        self, image: CalibratedImage, prepared: Prepared[Plan, Any], context: Context
    ) -> Any:
        """Compute what is planned, if it fits into the memory."""
        check_memory(prepared.plan.needed_bytes, f"{self.name} of {image.name}")
        return prepared.compute(context)

    def refuse_unknown(self, given: Mapping[str, Any], takes: Mapping[str, Any]) -> None:
        """Refuse a keyword by its name, and say which one may have been meant."""
        for name in given:
            if name not in takes:
                raise ArgumentError(
                    f"{self.name} takes no {name!r}{nearest(name, takes)}; it takes "
                    f"{', '.join(takes)}"
                )


def nearest(name: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """Return "; did you mean …?" where a known name is near."""
    found = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {found[0]!r}?)" if found else ""


class _Decorator(Protocol):
    @overload
    def __call__(
        self,
        function: Callable[Concatenate[CalibratedImage, P], Prepared[PlanT, CalibratedImage]],
    ) -> Filter[P, PlanT]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[CalibratedImage, P], Prepared[PlanT, ResultT]]
    ) -> Analysis[P, PlanT, ResultT]: ...


def operation(
    *,
    title: str,
    example: Mapping[str, Any],
    menu: str = "Plugins>Fiji Bridge",
    java_class: str | None = None,
    output: str = "TIFF to write",
    group: str = "around the blur",
) -> _Decorator:
    """Declare an operation; its attributes are those of `Operation`."""

    def declare(function: Callable[..., Prepared[Plan, Any]]) -> Any:
        signature = inspect.signature(function, eval_str=True)
        parameters = tuple(
            found for p in signature.parameters.values() if (found := _parameter(p)) is not None
        )
        (how,) = (p for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD)
        made = Operation(
            name=function.__name__,
            title=title,
            summary=inspect.cleandoc(function.__doc__ or "").partition("\n")[0],
            prepare=function,
            parameters=parameters,
            context=tuple(inspect.get_annotations(get_args(how.annotation)[0])),
            result=_result(signature.return_annotation),
            example=example,
            menu=menu,
            java_class=java_class,
            output=output,
            group=group,
        )
        return _public(made)

    return declare


def _parameter(found: inspect.Parameter) -> Parameter | None:
    """Return the parameter whose keyword is annotated with one."""
    said = getattr(found.annotation, "__metadata__", ())
    declared = next((mark for mark in said if isinstance(mark, Parameter)), None)
    if declared is None:
        return None
    required = found.default is inspect.Parameter.empty
    choices = declared.choices
    if declared.kind is Kind.CHOICE and not choices:
        choices = get_args(found.annotation.__origin__)
    return replace(
        declared,
        name=found.name,
        default=None if required else found.default,
        required=required,
        choices=choices,
    )


def _result(annotation: Any) -> Result:
    """Return what ``Prepared[plan, result]`` gives."""
    result = get_args(annotation)[1]
    result = get_origin(result) or result
    if issubclass(result, CalibratedImage):
        return Result.IMAGE
    return Result.IMAGES if issubclass(result, Images) else Result.REPORT


def _public(made: Operation) -> Any:
    """Return the function that users call."""
    names = [parameter.name for parameter in made.parameters]
    takes = dict.fromkeys([*names, *made.context])

    def call(image: Any, *args: Any, **given: Any) -> Any:
        source, own, how = split(image, args, given)
        context = Context(**{k: v for k, v in how.items() if k not in UNDERSTOOD})
        if is_lazy(source.data):
            result = _lazily(made, source, context, own)
        else:
            result = made.apply(source, context=context, **own)
        return like(image, result) if isinstance(result, CalibratedImage) else result

    def plan(image: Any, *args: Any, **given: Any) -> Plan:
        source, own, _ = split(image, args, given)
        if is_lazy(source.data) and made.measures(own) is not None:
            source = computed(source)
        elif is_lazy(source.data):
            source = source.with_data(np.broadcast_to(np.zeros((), source.dtype), source.shape))
        return made.plan(source, **own)

    def split(
        image: Any, args: tuple[Any, ...], given: dict[str, Any]
    ) -> tuple[CalibratedImage, dict[str, Any], dict[str, Any]]:
        made.refuse_unknown(given, takes)
        if args:
            raise ArgumentError(
                f"{made.name} takes the image, and all else by name: "
                f"{made.name}(image, {next(iter(takes))}=…); got {kind(args[0])}"
            )
        own = {k: v for k, v in given.items() if k in names}
        how = {k: v for k, v in given.items() if k not in names}
        said = {k: v for k, v in how.items() if k in UNDERSTOOD}
        source = to_image(image, **said, lazily=True)
        return source, own, how

    example = typical_call(made.name, made.example)
    doc = completed(made.prepare.__doc__, made.parameters, made.context, example)
    _name(call, made, made.name, doc)
    _name(
        plan,
        made,
        f"{made.name}.plan",
        f"Return what `{made.name}` would do, without touching a sample or starting Java.\n\n"
        f"The keywords are those of `{made.name}`; how it is computed changes nothing.",
    )
    call.plan = plan  # type: ignore[attr-defined]
    call.operation = made  # type: ignore[attr-defined]
    return call


def _lazily(
    made: Operation, image: CalibratedImage, context: Context, own: Mapping[str, Any]
) -> Any:
    """Do it to a dask array: later and block by block, or now and as a whole where it must be."""
    # The one import against the order of the rooms: only a call knows that it is one of these.
    from fiji_bridge.blocks.lazily import apply

    several = made.result is not Result.IMAGE
    result = None if several or made.measures(own) else apply(made.name, image, own, context)
    if result is not None:
        return result
    warnings.warn(
        f"{made.name} of this image depends on the whole of it, so the dask array is computed now",
        UserWarning,
        stacklevel=3,
    )
    return made.apply(computed(image), context=context, **own)


def _name(function: Any, made: Operation, name: str, doc: str | None) -> None:
    """Let a function look as if it had been written with the keywords of an operation."""
    function.__qualname__ = name
    function.__name__ = name.rpartition(".")[2]
    function.__module__ = made.prepare.__module__
    function.__doc__ = doc
    function.__signature__ = _signature(made)
    # What some look at instead; has no effect on the call itself.
    function.__kwdefaults__ = {
        p.name: p.default
        for p in function.__signature__.parameters.values()
        if p.kind is p.KEYWORD_ONLY and p.default is not p.empty
    }


def _signature(made: Operation) -> inspect.Signature:
    """Return the keywords one by one, also those that are shared."""
    own = inspect.signature(made.prepare)
    listed = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    listed[0] = listed[0].replace(annotation="ImageLike")
    listed += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
        for name in made.context
    ]
    returned = "Same type as image" if made.result is Result.IMAGE else own.return_annotation
    return inspect.Signature(listed, return_annotation=returned)
