"""Objects from one process to another, with their arrays in memory that both share.

The arrays lie in a file of a memory file system where there is one. Unlike POSIX shared memory, it
stands in a folder that belongs to one worker, so that what a killed process leaves is found.
"""

from __future__ import annotations

import mmap
import os
import pickle
import shutil
import tempfile
from pathlib import Path
from typing import Any

_MEMORY = Path("/dev/shm")
_PREFIX = "fiji-bridge-worker-"
#: NumPy's arrays are read best from such addresses.
_ALIGNMENT = 64


def make_folder() -> Path:
    """Make the folder of one worker; take away those whose owner was killed."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _sweep(place)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=place))


def remove_folder(folder: Path) -> None:
    """Remove the folder; memory that is still mapped lives on."""
    shutil.rmtree(folder, ignore_errors=True)


def send(value: Any, path: Path) -> bytes:
    """Pickle an object; its arrays go into the file.

    Returns
    -------
    bytes
        One line, for `receive`.
    """
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    places = []
    with path.open("wb") as stream:
        for buffer in buffers:
            stream.seek(-(-stream.tell() // _ALIGNMENT) * _ALIGNMENT)
            with buffer.raw() as memory:
                places.append((stream.tell(), memory.nbytes))
                stream.write(memory)
    return pickle.dumps((text, places)).hex().encode()


def receive(line: bytes, path: Path) -> Any:
    """Return what was sent; its arrays are the file's memory, private to this process."""
    text, places = pickle.loads(bytes.fromhex(line.decode()))
    size = path.stat().st_size
    if not size:
        return pickle.loads(text, buffers=[bytearray(n) for _, n in places])
    with path.open("r+b") as stream:
        memory = memoryview(mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_COPY))
    # The next call writes another file: a private mapping still sees what changes in its own.
    path.unlink()
    return pickle.loads(text, buffers=[memory[at : at + n] for at, n in places])


def _sweep(place: Path) -> None:
    import psutil

    for folder in place.glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            remove_folder(folder)
