"""The update site, read back by code that shares nothing with the code that writes it."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from xml.dom import minidom

import pytest

from fiji_bridge.errors import FileError
from fiji_bridge.install import updatesite
from fiji_bridge.install.updatesite import update_site
from fiji_bridge.jvm.session import Session

FIRST = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECOND = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
#: Where imagej-updater lets a site put files.
ROOTS = ("plugins/", "scripts/", "macros/", "jars/", "luts/", "lib/")


def without_comments(content: bytes) -> bytes:
    """Byte by byte, as the updater's stream does it: a '#' counts where a line may begin."""
    out = bytearray()
    position, line_start = 0, True

    def byte() -> int:
        nonlocal position, line_start
        if position == len(content):
            return -1
        value = content[position]
        position += 1
        if line_start:
            if value == ord("#"):
                value = byte()
                while value not in (ord("\n"), -1):
                    value = byte()
            else:
                line_start = False
        elif value == ord("\n"):
            line_start = True
        return value

    while (value := byte()) >= 0:
        out.append(value)
    return bytes(out)


def checksum(name: str, data: bytes) -> str:
    sha = hashlib.sha1()
    if not name.endswith(".jar"):
        sha.update(name.encode())
        sha.update(data)
    else:
        archive = zipfile.ZipFile(io.BytesIO(data))
        for entry in sorted(archive.infolist(), key=lambda e: e.filename):
            sha.update(entry.filename.encode())
            content = archive.read(entry)
            if entry.filename.endswith(".properties"):
                content = without_comments(content)
            if entry.filename == "META-INF/MANIFEST.MF":
                content = b""
            sha.update(content)
    return sha.hexdigest()


def database(site: Path) -> list[minidom.Element]:
    text = gzip.decompress((site / "db.xml.gz").read_bytes())
    return list(minidom.parseString(text).getElementsByTagName("plugin"))


def version(plugin: minidom.Element) -> minidom.Element:
    (found,) = plugin.getElementsByTagName("version")
    return found


def test_every_file_is_where_the_database_says_with_that_checksum_and_size(tmp_path: Path) -> None:
    new = update_site(tmp_path / "site", now=FIRST)
    plugins = database(tmp_path / "site")
    assert plugins
    for plugin in plugins:
        name, found = plugin.getAttribute("filename"), version(plugin)
        assert name.startswith(ROOTS)
        assert found.getAttribute("timestamp") == "20260102030405"
        stored = tmp_path / "site" / f"{name}-20260102030405"
        data = stored.read_bytes()
        assert found.getAttribute("filesize") == str(len(data))
        assert found.getAttribute("checksum") == checksum(name, data)
    listed = {f"{plugin.getAttribute('filename')}-20260102030405" for plugin in plugins}
    assert set(new) == listed
    on_disk = {
        path.relative_to(tmp_path / "site").as_posix()
        for path in (tmp_path / "site").rglob("*")
        if path.is_file()
    }
    assert on_disk == listed | {"db.xml.gz"}


def test_the_jar_depends_on_fijis_imglib2(tmp_path: Path) -> None:
    update_site(tmp_path, now=FIRST)
    (jar,) = (p for p in database(tmp_path) if p.getAttribute("filename").endswith(".jar"))
    (dependency,) = version(jar).getElementsByTagName("dependency")
    assert re.fullmatch(r"jars/imglib2-\d[\d.]*\.jar", dependency.getAttribute("filename"))


def test_nothing_new_changes_nothing(tmp_path: Path) -> None:
    update_site(tmp_path, now=FIRST)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert update_site(tmp_path, now=SECOND) == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_changed_file_is_a_new_version_and_the_old_one_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_site(tmp_path, now=FIRST)
    files = updatesite._files()
    changed, gone = "macros/fiji_bridge/gaussian.ijm", "macros/fiji_bridge/gaussian_batch.ijm"
    jar = next(name for name in files if name.endswith(".jar"))
    newer = re.sub(r"-\d[\d.]*\.jar", "-99.0.jar", jar)
    monkeypatch.setattr(
        updatesite,
        "_files",
        lambda: {
            changed: files[changed] + b"// more\n",
            newer: jar_with(files[jar], "more.txt"),
        },
    )
    assert set(update_site(tmp_path, now=SECOND)) == {
        f"{changed}-20260203040506", f"{newer}-20260203040506"
    }  # fmt: skip
    found = {plugin.getAttribute("filename"): plugin for plugin in database(tmp_path)}
    for name, old_name in ((changed, changed), (newer, jar)):
        (previous,) = found[name].getElementsByTagName("previous-version")
        assert previous.getAttribute("filename") == old_name
        assert previous.getAttribute("timestamp") == "20260102030405"
        assert previous.getAttribute("timestamp-obsolete") == "20260203040506"
        assert previous.getAttribute("checksum") == checksum(old_name, files[old_name])
    assert jar not in found
    assert found[gone].getElementsByTagName("version") == []
    assert (tmp_path / f"{changed}-20260102030405").is_file(), "still there for those who have it"


def jar_with(jar: bytes, name: str) -> bytes:
    stream = io.BytesIO(jar)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, "more")
    return stream.getvalue()


def test_a_jar_built_again_has_the_same_checksum() -> None:
    def jar(date: str, order: int) -> bytes:
        stream = io.BytesIO()
        entries = [
            ("META-INF/MANIFEST.MF", f"Build-Jdk: {date}\n"),
            ("META-INF/maven/pom.properties", f"#{date}\nversion=1\n"),
            ("a/A.class", "code"),
        ]
        with zipfile.ZipFile(stream, "w") as archive:
            for name, text in entries[::order]:
                archive.writestr(name, text)
        return stream.getvalue()

    one, other = jar("today", 1), jar("tomorrow", -1)
    assert one != other
    name = "plugins/a_b.jar"
    assert updatesite.file_checksum(name, one) == updatesite.file_checksum(name, other)


@pytest.mark.parametrize(
    "text",
    [
        b"#c\na=1\n", b"a=1\n#c\n", b"#\n#c\na\n", b"##\n#c\n", b"\n#c\n", b"a\n\n#c\n", b"#c", b"",
        b"a\r#c\n",
    ],
)  # fmt: skip
def test_comments_are_left_out_as_the_updater_does(text: bytes) -> None:
    assert updatesite._without_comments(text) == without_comments(text)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(FileError, match="give an empty folder"):
        update_site(tmp_path)


@pytest.mark.jvm
def test_the_database_satisfies_a_validating_parser(session: Session, tmp_path: Path) -> None:
    import jpype

    update_site(tmp_path, now=FIRST)
    text = gzip.decompress((tmp_path / "db.xml.gz").read_bytes())
    factory = session.jclass("javax.xml.parsers.DocumentBuilderFactory").newInstance()
    factory.setValidating(True)
    builder = factory.newDocumentBuilder()
    problems: list[str] = []

    @jpype.JImplements("org.xml.sax.ErrorHandler")
    class Handler:
        @jpype.JOverride
        def warning(self, problem: object) -> None:
            problems.append(str(problem))

        @jpype.JOverride
        def error(self, problem: object) -> None:
            problems.append(str(problem))

        @jpype.JOverride
        def fatalError(self, problem: object) -> None:  # noqa: N802 - Java's name
            problems.append(str(problem))

    builder.setErrorHandler(Handler())
    document = builder.parse(session.jclass("java.io.ByteArrayInputStream")(text))
    assert problems == []
    assert int(document.getElementsByTagName("plugin").getLength()) == len(database(tmp_path))
