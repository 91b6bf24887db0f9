"""What a service's job gave, fetched and put together again."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import numpy as np

from fiji_bridge.client.connection import ATTEMPTS, Connection
from fiji_bridge.client.wire import rebuilt
from fiji_bridge.commands.results import CommandResult, ResultTable
from fiji_bridge.commands.rois import Rois
from fiji_bridge.convert.adapters import like
from fiji_bridge.errors import ServiceError
from fiji_bridge.image.calibration import Calibration


def fetched(connection: Connection, job: str, file: Mapping[str, Any]) -> bytes:
    """Return a file of a result; one that breaks off on its way is asked for again.

    Raises
    ------
    ServiceError
        If it does not come whole.
    """
    path = f"/v1/results/{job}/{quote(file['name'])}"
    for _ in range(ATTEMPTS):
        with contextlib.suppress(OSError, http.client.HTTPException):
            data = b"".join(connection.stream("GET", path))
            if hashlib.sha256(data).hexdigest() == file["sha256"]:
                return data
        connection.close()
    raise ServiceError(f"{file['name']} did not come as it was sent; ask again")


def command_result(
    connection: Connection, job: str, given: Any, calibration: Calibration
) -> CommandResult:
    """Return what a macro or a command gave, its image in the kind that was given."""
    said = connection.json("GET", f"/v1/results/{job}")
    value = said["report"]["value"]
    image = None
    tables: dict[str, ResultTable] = {}
    rois, log = Rois(), ""
    for file in said["files"]:
        if file["format"] == "zip":
            # The GeoJSON of the same ROIs needs no archive to be unpacked.
            continue
        data = fetched(connection, job, file)
        if file["format"] == "npy":
            samples = np.load(io.BytesIO(data), allow_pickle=False)
            made = rebuilt(samples, file["image"])
            calibration = made.calibration
            image = like(given, made)
        elif file["format"] == "csv":
            table = ResultTable.from_csv(data.decode(), file["units"], file["texts"])
            tables[file["part"]] = table
        elif file["format"] == "geojson":
            rois = Rois.from_geojson(data.decode(), calibration)
        else:
            log = data.decode().removesuffix("\n").removesuffix(value).rstrip("\n")
    return CommandResult(
        images=() if image is None else (image,),
        image=image,
        results=tables.pop("", ResultTable({})),
        tables=tables,
        rois=rois,
        log=log,
        value=value,
        options=said["report"]["options"],
    )
