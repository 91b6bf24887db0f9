"""Installing into a folder, upgrading, and taking everything out again.

An interruption at any point leaves a folder that a second run, of either kind, puts in order:
the manifest lists every file before the file appears, and is removed last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from fiji_bridge._version import __version__
from fiji_bridge.errors import FileError
from fiji_bridge.install import manifest as manifests
from fiji_bridge.install.manifest import Manifest, digest
from fiji_bridge.install.payload import Kind, other_versions, payload, recognise


@dataclass(frozen=True)
class Report:
    """What was done to a folder.

    Attributes
    ----------
    folder : Path
    kind : {"Fiji", "ImageJ"}
    written, removed, kept : tuple of str
        Paths relative to the folder; `kept` were changed by someone else and stay.
    """

    folder: Path
    kind: Kind
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = field(default=())


def install(folder: str | Path, *, downgrade: bool = False) -> Report:
    """Put jar and macros (and ImgLib2, for a plain ImageJ) into a folder.

    Parameters
    ----------
    folder : path
        Of a Fiji or an ImageJ.
    downgrade : bool
        Whether a newer version that is installed there may be replaced.

    Returns
    -------
    Report

    Raises
    ------
    FileError
        If the folder is neither, a file is in the way that was not put there by this function, or
        what is there is newer.
    """
    target = Path(folder).expanduser().absolute()
    kind = recognise(target)
    old = manifests.read(target) or Manifest(__version__)
    if not downgrade and _release(old.version) > _release(__version__):
        raise FileError(
            f"{target} has version {old.version}, which is newer than this one ({__version__}); "
            "say so if it is to be replaced: --downgrade, or downgrade=True"
        )
    files = payload(target, kind, set(old.files))
    _refuse_strangers(target, files, old)
    new = Manifest(__version__, complete=True, folders=list(old.folders))
    new.folders += [name for name in _missing_folders(target, files) if name not in new.folders]
    new.files = {name: [digest(data)] for name, data in files.items()}
    both = Manifest(__version__, complete=False, folders=new.folders)
    for name in sorted(old.files | new.files):
        both.files[name] = sorted({*old.files.get(name, ()), *new.files.get(name, ())})
    manifests.write(target, both)
    written = []
    for name, data in files.items():
        path = target / name
        path.with_name(path.name + manifests.PART).unlink(missing_ok=True)
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            manifests.put(path, data)
            written.append(name)
    leftovers = {name: old.files[name] for name in old.files if name not in files}
    removed, kept = _remove(target, leftovers)
    manifests.write(target, new)
    return Report(target, kind, tuple(written), tuple(removed), tuple(kept))


def uninstall(folder: str | Path) -> Report:
    """Remove what `install` put into a folder, and nothing else.

    A file that someone changed since stays and is reported.

    Raises
    ------
    FileError
        If nothing is installed there.
    """
    target = Path(folder).expanduser().absolute()
    kind = recognise(target)
    found = manifests.read(target)
    begun = target / (manifests.NAME + manifests.PART)
    if found is None and begun.is_file():
        # An installation that ended before it had put anything.
        begun.unlink()
        return Report(target, kind)
    if found is None:
        raise FileError(f"fiji_bridge is not installed in {target} (no {manifests.NAME})")
    removed, kept = _remove(target, found.files)
    for name in reversed(found.folders):
        path = target / name
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    manifests.remove(target / manifests.NAME)
    return Report(target, kind, (), tuple(removed), tuple(kept))


def _release(version: str) -> tuple[int, ...]:
    """Return the numbers at the beginning of a version: 0.10.0 is newer than 0.9."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _refuse_strangers(target: Path, files: dict[str, bytes], old: Manifest) -> None:
    for name, data in files.items():
        path = target / name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise FileError(f"{path} is in the way: it is no ordinary file; move it away")
        if not path.exists():
            continue
        found = digest(path.read_bytes())
        if name not in old.files:
            raise FileError(f"{path} is in the way: it was not put there by fiji-bridge install")
        if found not in old.files[name] and found != digest(data):
            raise FileError(f"{path} was changed since it was installed; move it away")
    others = other_versions(target, set(old.files) | set(files))
    if others:
        raise FileError(
            f"{target / others[0]} is another copy of this package, not put there by "
            "fiji-bridge install; move it away"
        )


def _missing_folders(target: Path, files: dict[str, bytes]) -> list[str]:
    """Return the folders to be made, outermost first."""
    missing: list[str] = []
    for name in files:
        for parent in reversed(PurePosixPath(name).parents[:-1]):
            if not (target / parent).is_dir() and str(parent) not in missing:
                missing.append(str(parent))
    return missing


def _remove(target: Path, files: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """Remove files that still are what was installed; return those removed and those kept."""
    removed, kept = [], []
    for name, digests in files.items():
        path = target / name
        path.with_name(path.name + manifests.PART).unlink(missing_ok=True)
        if path.is_symlink() or not path.is_file():
            continue
        if digest(path.read_bytes()) in digests:
            path.unlink()
            removed.append(name)
        else:
            kept.append(name)
    return removed, kept
