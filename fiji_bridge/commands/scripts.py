"""Scripts with typed inputs, on images of any kind."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from fiji_bridge.convert.adapters import like, to_image
from fiji_bridge.convert.transfer import to_imagej
from fiji_bridge.errors import ArgumentError, FileError, InputError
from fiji_bridge.image.paths import to_path
from fiji_bridge.jvm.scripts import Script
from fiji_bridge.jvm.session import start
from fiji_bridge.ops.operation import nearest

_PLAIN = (str, int, float, bool)


@dataclass(frozen=True)
class ScriptResult:
    """What a script gave back.

    Attributes
    ----------
    outputs : dict
        Its ``#@output`` values; images in the kind of the first image that was given.
    log : str
        What it printed.
    """

    outputs: dict[str, Any]
    log: str = ""


def run_script(
    script: str | os.PathLike[str], /, *, language: str | None = None, **inputs: Any
) -> ScriptResult:
    r"""Run a script with ``#@`` parameters in ImageJ2.

    Parameters
    ----------
    script : str or path
        The script's text; a path, or a text of one line with the ending of a file that exists, is
        read as a file.
    language : str, optional
        Ending of the language, such as ``"groovy"``; by default that of the file.
    **inputs
        By the names of its parameters. Images of any kind that `fiji_bridge.gaussian` takes become
        ``ij.ImagePlus`` or ``net.imagej.Dataset``, as the parameter says; they are copies, so what
        the script changes comes back through an ``#@output`` only.

    Returns
    -------
    ScriptResult

    Raises
    ------
    ArgumentError
        For inputs that the script does not have, and for those that it lacks.
    MacroError
        If the script fails.
    EngineUnavailableError
        Where there is no ImageJ2, as in the embedded runtime, or no such language.
    FileError
        If the file cannot be read.

    Examples
    --------
    >>> script = "#@ Integer n\n#@output Integer twice\ntwice = 2 * n"
    >>> fiji_bridge.run_script(script, language="groovy", n=21).outputs["twice"]
    42
    """
    name, text = _source(script, language)
    made = Script(start(), name, text)
    known = made.inputs()
    for key in inputs:
        if key not in known:
            raise ArgumentError(f"the script has no input {key!r}{nearest(key, list(known))}")
    lacking = [f"{key} ({kind})" for key, (kind, needed) in known.items()
               if needed and key not in inputs]  # fmt: skip
    if lacking:
        raise ArgumentError(f"the script asks for {', '.join(lacking)}")
    kind: Any = None
    values = {}
    for key, value in inputs.items():
        if isinstance(value, _PLAIN) or value is None:
            values[key] = value
            continue
        kind = value if kind is None else kind
        values[key] = to_imagej(
            value, "imageplus" if known[key][0].startswith("ij.") else "dataset"
        )
    outputs, log = made.run(values)
    return ScriptResult({key: _python(value, kind) for key, value in outputs.items()}, log)


def _source(script: str | os.PathLike[str], language: str | None) -> tuple[str, str]:
    path = None
    if not isinstance(script, str) or "\n" not in script:
        path = to_path(script, "a script that is no text")
    if path is not None and (not isinstance(script, str) or path.is_file()):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"cannot read the script {path}: {error}") from None
        return (path.name if language is None else f"script.{language}"), text
    if language is None:
        raise ArgumentError("say the language of a script that is no file: language='groovy'")
    return f"script.{language}", str(script)


def _python(value: Any, kind: Any) -> Any:
    """Return an output as an image, number, text, or as the Java object that it is."""
    if isinstance(value, _PLAIN):
        return value
    try:
        image = to_image(value)
    except InputError:
        return value
    return image if kind is None else like(kind, image)
