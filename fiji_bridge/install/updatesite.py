"""A static folder that Fiji's updater accepts as an update site.

The layout and the checksums are those of imagej-updater: ``db.xml.gz`` lists each file with a
checksum and a timestamp, and the file itself lies at ``PATH-TIMESTAMP``.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from fiji_bridge.errors import FileError
from fiji_bridge.install import macrogen
from fiji_bridge.install.manifest import put
from fiji_bridge.install.payload import MACROS
from fiji_bridge.jvm.jars import verified

DATABASE = "db.xml.gz"
DESCRIPTION = "Gaussian blur by a physical sigma, the same in every direction."
AUTHOR = "fiji_bridge"

# The updater's own writer puts such a declaration at the top; its reader does not need it, but
# a validating one does.
_DTD = """<!DOCTYPE pluginRecords [
<!ELEMENT pluginRecords (plugin*)>
<!ELEMENT plugin (platform*, category*, version?, previous-version*)>
<!ELEMENT version (description?, dependency*, link*, author*)>
<!ELEMENT previous-version EMPTY>
<!ELEMENT description (#PCDATA)>
<!ELEMENT dependency EMPTY>
<!ELEMENT link (#PCDATA)>
<!ELEMENT author (#PCDATA)>
<!ELEMENT platform (#PCDATA)>
<!ELEMENT category (#PCDATA)>
<!ATTLIST plugin filename CDATA #REQUIRED>
<!ATTLIST dependency filename CDATA #REQUIRED timestamp CDATA #IMPLIED>
<!ATTLIST version timestamp CDATA #REQUIRED checksum CDATA #REQUIRED filesize CDATA #REQUIRED>
<!ATTLIST previous-version filename CDATA #IMPLIED timestamp CDATA #REQUIRED
  timestamp-obsolete CDATA #IMPLIED checksum CDATA #REQUIRED>
]>
"""


@dataclass(frozen=True)
class Version:
    """A version of a file on the site, present or past."""

    filename: str
    checksum: str
    timestamp: str
    obsolete: str = ""


def update_site(folder: str | Path, *, now: datetime | None = None) -> list[str]:
    """Write an update site, or bring the one in the folder up to date.

    Parameters
    ----------
    folder : path
        Made if need be; what it must not hold is anything but an update site.
    now : datetime, optional
        The moment that new files get as their timestamp (UTC).

    Returns
    -------
    list of str
        The files on the site that are new, by their names there.

    Raises
    ------
    FileError
        If the folder holds something else.
    """
    target = Path(folder).expanduser().absolute()
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()) and not (target / DATABASE).is_file():
        raise FileError(f"{target} holds files but no {DATABASE}; give an empty folder")
    timestamp = f"{now or datetime.now(UTC):%Y%m%d%H%M%S}"
    before = _read(target / DATABASE)
    root = ElementTree.Element("pluginRecords")
    new = []
    left = dict(before)
    for filename, data in sorted(_files().items()):
        past = left.pop(_unversioned(filename), [])
        checksum = file_checksum(filename, data)
        if past and not past[0].obsolete and past[0].checksum == checksum:
            current, past = past[0], past[1:]
        else:
            current = Version(filename, checksum, timestamp)
            past = [_obsolete(version, timestamp) for version in past]
            new.append(f"{filename}-{timestamp}")
            path = target / f"{filename}-{timestamp}"
            path.parent.mkdir(parents=True, exist_ok=True)
            put(path, data)
        _add(root, current, past, len(data))
    for past in left.values():
        _add(root, None, [_obsolete(version, timestamp) for version in past], 0)
    ElementTree.indent(root)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + _DTD
    text += ElementTree.tostring(root, encoding="unicode") + "\n"
    # Last, so that it never names a file that is not there; without a time, so that the same
    # site has the same bytes.
    put(target / DATABASE, gzip.compress(text.encode(), mtime=0))
    return new


def file_checksum(filename: str, data: bytes) -> str:
    """Return the SHA-1 by which the updater knows a file.

    Of a jar it takes names and contents of the entries, sorted by name, leaving out what differs
    between builds: the manifest, and comments in ``.properties``. Of any other file it takes the
    path and the content.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    if not filename.endswith(".jar"):
        digest.update(filename.encode("ascii") + data)
        return digest.hexdigest()
    with zipfile.ZipFile(io.BytesIO(data)) as jar:
        for name in sorted(jar.namelist()):
            digest.update(name.encode("ascii"))
            content = jar.read(name)
            if name == "META-INF/MANIFEST.MF":
                continue
            digest.update(_without_comments(content) if name.endswith(".properties") else content)
    return digest.hexdigest()


def _without_comments(content: bytes) -> bytes:
    """Leave of a comment line only its end, as the updater's reader does.

    It looks for comments at the very start and after each line that is not empty.
    """
    kept = []
    look = True
    for line in io.BytesIO(content):
        comment = look and line.startswith(b"#")
        kept.append(line[-1:] if comment and line.endswith(b"\n") else b"" if comment else line)
        look = len(line.strip(b"#\n")) > 0 if comment else not (look and line == b"\n")
    return b"".join(kept)


def _files() -> dict[str, bytes]:
    own = verified()[0]
    files = {f"plugins/{own.path.name}": own.path.read_bytes()}
    for name, text in macrogen.generate().items():
        files[f"{MACROS}/{name}"] = text.encode()
    return files


def _imglib2() -> str:
    """Return what our jar needs and Fiji brings itself."""
    name = next(jar.path.name for jar in verified() if jar.path.name.startswith("imglib2-"))
    return f"jars/{name}"


def _read(database: Path) -> dict[str, list[Version]]:
    """Return the versions on a site by unversioned file name, the newest first."""
    if not database.is_file():
        return {}
    try:
        root = ElementTree.fromstring(gzip.decompress(database.read_bytes()))
    except (OSError, EOFError, ElementTree.ParseError) as error:
        raise FileError(f"cannot read {database} ({error}); give an empty folder") from None
    found: dict[str, list[Version]] = {}
    for plugin in root.iter("plugin"):
        name = plugin.attrib["filename"]
        versions = found.setdefault(_unversioned(name), [])
        for entry in (*plugin.findall("version"), *plugin.findall("previous-version")):
            versions.append(
                Version(
                    entry.get("filename", name),
                    entry.attrib["checksum"],
                    entry.attrib["timestamp"],
                    "" if entry.tag == "version" else entry.get("timestamp-obsolete", "0"),
                )
            )
    return found


def _obsolete(version: Version, timestamp: str) -> Version:
    if version.obsolete:
        return version
    return Version(version.filename, version.checksum, version.timestamp, timestamp)


def _unversioned(filename: str) -> str:
    return re.sub(r"-\d[^/]*(?=\.jar$)", "", filename)


def _add(
    root: ElementTree.Element, current: Version | None, past: list[Version], size: int
) -> None:
    name = current.filename if current else past[0].filename
    plugin = ElementTree.SubElement(root, "plugin", filename=name)
    if current:
        version = ElementTree.SubElement(
            plugin,
            "version",
            checksum=current.checksum,
            timestamp=current.timestamp,
            filesize=str(size),
        )
        ElementTree.SubElement(version, "description").text = DESCRIPTION
        if name.endswith(".jar"):
            ElementTree.SubElement(
                version, "dependency", filename=_imglib2(), timestamp=current.timestamp
            )
        ElementTree.SubElement(version, "author").text = AUTHOR
    for old in past:
        ElementTree.SubElement(
            plugin,
            "previous-version",
            {
                "filename": old.filename,
                "timestamp": old.timestamp,
                "timestamp-obsolete": old.obsolete,
                "checksum": old.checksum,
            },
        )
