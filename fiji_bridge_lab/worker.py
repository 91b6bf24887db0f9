"""What a worker process does: one JVM at most, one task at a time."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from fiji_bridge.errors import DTypeError, EngineUnavailableError, FijiBridgeError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge_lab.filter_spec import CannotError, FilterSpec, NotInstalledError
from fiji_bridge_lab.filters import run
from fiji_bridge_lab.suite import ImageSpec

#: What each task is answered with where the JVM did not start.
_unstartable: dict[str, Any] = {}
#: What the JVM is, until the first reply says so.
_session: dict[str, Any] = {}


def start_jvm(runtime: Iterable[tuple[str, str | None]]) -> None:
    """Start the JVM of a runtime; where that fails, every task is answered with the reason."""
    reply = _replied(_start, dict(runtime))
    (_session if reply["status"] == "done" else _unstartable).update(reply)


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Do one task; an error becomes a reply with a status that says of what kind it was."""
    started = time.monotonic()
    reply = dict(_unstartable) or _replied(_WORK[task["work"]], task)
    if _session:
        reply["session"] = dict(_session)
        _session.clear()
    return {**reply, "seconds": round(time.monotonic() - started, 3)}


def _replied(work: Callable[[Any], dict[str, Any]], task: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"status": "done", **work(task)}
    except (NotInstalledError, EngineUnavailableError) as error:
        return {"status": "not installed", "message": str(error)}
    except (CannotError, DTypeError) as error:
        return {"status": "cannot", "message": str(error)}
    except FijiBridgeError as error:
        return {"status": "error", "message": str(error)}
    except Exception as error:
        return {"status": "error", "message": f"{type(error).__name__}: {error}"}


@functools.lru_cache(maxsize=1)
def _image(spec: str, dtype: str, folder: str) -> CalibratedImage:
    return ImageSpec.from_dict(json.loads(spec)).load(dtype, Path(folder))


def load_image(task: Mapping[str, Any]) -> CalibratedImage:
    """Return the image of a task; the last one is kept."""
    return _image(json.dumps(task["image"], sort_keys=True), task["dtype"], task["folder"])


def _start(runtime: Mapping[str, Any]) -> dict[str, Any]:
    from fiji_bridge.jvm.session import start
    from fiji_bridge_lab.versions import jars

    session = start(**runtime)
    return {"describe": session.describe(), "jars": jars(session)}


def _filter(task: Mapping[str, Any]) -> dict[str, Any]:
    """Run a filter on an image; its kernels are measured as well."""
    import numpy as np

    from fiji_bridge_lab.probe import kernels_of
    from fiji_bridge_lab.store import Store, summary

    spec, image = FilterSpec(**task["filter"]), load_image(task)
    outcome = run(spec, image, task["operation"], task["parameters"])
    kernels = {}
    if task["operation"] == "gaussian":
        kernels = kernels_of(spec, image, task["parameters"])
    return {
        "sha256": Store(Path(task["store"])).put(outcome.data),
        "dtype": outcome.data.dtype.name,
        "shape": list(outcome.data.shape),
        "summary": summary(outcome.data),
        "implementation": outcome.implementation,
        "runtime": outcome.runtime,
        "note": outcome.note,
        "kernels": {
            axis: {"taps": [float(f"{t:.9g}") for t in np.asarray(taps)], "centre": centre}
            for axis, (taps, centre) in kernels.items()
        },
    }


def _judge(task: Mapping[str, Any]) -> dict[str, Any]:
    from fiji_bridge_lab.judge import judge
    from fiji_bridge_lab.store import Store

    return judge(load_image(task), task, Store(Path(task["store"])))


def _law(task: Mapping[str, Any]) -> dict[str, Any]:
    from fiji_bridge_lab.laws import check

    return check(FilterSpec(**task["filter"]), task["law"])


_WORK: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "filter": _filter,
    "judge": _judge,
    "law": _law,
}
