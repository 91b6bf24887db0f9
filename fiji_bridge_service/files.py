"""The data directory: what is in it, how full it may become, and what goes in time."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from fiji_bridge import system
from fiji_bridge.errors import InputError
from fiji_bridge_service.settings import Settings, check_private
from fiji_bridge_service.store import ID, OPEN, Store

#: End of the name of a folder whose job has not come to its end.
PART = ".part"
#: The same of a job by blocks, which goes on where an attempt ended.
BLOCKS = f".blocks{PART}"


class Files:
    """The folders of one service; no other process may use them.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    InputError
        If others can look into the folder, or a service is running in it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.data
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(self.folder)
        try:
            self._lock = system.lock(self.folder)
        except BlockingIOError:
            raise InputError(f"another service is running in {self.folder}") from None
        for name in ("images", "results"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)

    def image(self, image: str) -> Path:
        """Return the file of an uploaded image; it lies in a folder of its own."""
        return self.folder / "images" / image / "content"

    def result(self, job: str) -> Path:
        """Return the folder of a result."""
        return self.folder / "results" / job

    def part(self, job: str, attempt: int) -> Path:
        """Make the folder that an attempt at a job writes into."""
        path = self.folder / "results" / f"{job}.{attempt}{PART}"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        return path

    def blocks(self, job: str) -> Path:
        """Return the folder that all attempts at a job by blocks write into, one after the other.

        What one of them did is noted there, and the next one goes on.
        """
        path = self.folder / "results" / f"{job}{BLOCKS}"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def publish(self, part: Path, job: str) -> None:
        """Give a finished result, all of which is on the disk, its name."""
        target = self.result(job)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(part, target)
        system.sync_folder(target.parent)

    def remove_parts(self, store: Store) -> None:
        """Remove what attempts left that were killed with the service, and nobody goes on with."""
        going_on = {job.id for job in store.jobs.find(state=OPEN)}
        for path in (self.folder / "results").glob(f"*{PART}"):
            if not (path.name.endswith(BLOCKS) and path.name[:32] in going_on):
                shutil.rmtree(path, ignore_errors=True)

    def remove_image(self, image: str) -> None:
        """Remove an uploaded file."""
        shutil.rmtree(self.folder / "images" / image, ignore_errors=True)

    def remove_result(self, job: str) -> None:
        """Remove a result, and what attempts at it left."""
        shutil.rmtree(self.result(job), ignore_errors=True)
        for path in (self.folder / "results").glob(f"{job}.*{PART}"):
            shutil.rmtree(path, ignore_errors=True)

    def room(self) -> int:
        """Return the bytes that may still be written."""
        return shutil.disk_usage(self.folder).free - self._settings.min_free

    def sweep(self, store: Store, now: float | None = None) -> None:
        """Remove what is out of date, and files that no row names."""
        now = time.time() if now is None else now
        limit = now - self._settings.retention_hours * 3600
        with store.locked():
            needed = {job.image for job in store.jobs.find(state=OPEN)}
            for image in store.images.find():
                if image.used < limit and image.id not in needed:
                    store.images.remove(image)
            for job in store.jobs.find():
                if job.state not in OPEN and job.ended < limit:
                    store.jobs.remove(job)
            for session in store.sessions.find():
                if session.expires < now:
                    store.sessions.remove(session)
            for link in store.links.find():
                if link.expires < now:
                    store.links.remove(link)
            known = {image.id for image in store.images.find()}
            open_jobs = {job.id for job in store.jobs.find(state=OPEN)}
            known |= {job.id for job in store.jobs.find()}
            for folder in ("images", "results"):
                for path in (self.folder / folder).iterdir():
                    # What attempts write is theirs until they end; a cluster may write for longer.
                    number, is_part = path.name[:32], path.name.endswith(PART)
                    if number not in (open_jobs if is_part else known) or not ID.match(number):
                        shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Let others use the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sync_all(folder: Path) -> None:
    """Have all that is in a folder on the disk."""
    for place, _, names in os.walk(folder):
        for name in names:
            with (Path(place) / name).open("rb") as file:
                system.sync_file(file.fileno())
        system.sync_folder(Path(place))
