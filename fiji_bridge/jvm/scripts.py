"""Scripts with typed inputs, run by SciJava's script service, so that a failed one is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fiji_bridge.errors import EngineUnavailableError, MacroError
from fiji_bridge.jvm.session import Session

#: Types of inputs that SciJava fills in itself.
_FILLED = ("org.scijava.service.Service", "org.scijava.Context", "org.scijava.Gateway")


class Script:
    """A script that was understood, not run yet.

    Parameters
    ----------
    session : Session
        Of a runtime with ImageJ2.
    name : str
        Its ending says the language: ``"blur.groovy"``.
    text : str

    Raises
    ------
    EngineUnavailableError
        Where there is no ImageJ2, or no such language.
    """

    def __init__(self, session: Session, name: str, text: str) -> None:
        if session.ij is None:
            raise EngineUnavailableError(
                "scripts need ImageJ2, which this runtime lacks: call "
                "fiji_bridge.start(fiji=...) first, or use run_macro"
            )
        self._session = session
        self._context = session.ij.context()
        languages = self._context.getService("org.scijava.script.ScriptService").getLanguages()
        endings = sorted({str(e) for language in languages for e in language.getExtensions()})
        if name.rpartition(".")[2] not in endings:
            raise EngineUnavailableError(
                f"this ImageJ has no language for scripts that end like {name!r}; "
                f"it has {', '.join(endings)}"
            )
        reader = session.jclass("java.io.StringReader")(text)
        self._info = session.jclass("org.scijava.script.ScriptInfo")(self._context, name, reader)

    def inputs(self) -> dict[str, tuple[str, bool]]:
        """Return the type of each input that a caller gives, and whether it has to."""
        load = self._session.jclass("java.lang.Class").forName
        filled = [load(name) for name in _FILLED]
        return {
            str(item.getName()): (
                str(item.getType().getName()),
                bool(item.isRequired()) and item.getDefaultValue() is None,
            )
            for item in self._info.inputs()
            if not any(kind.isAssignableFrom(item.getType()) for kind in filled)
        }

    def run(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Run it with Java objects, numbers and texts; return its outputs and what it printed.

        Raises
        ------
        MacroError
            With the first line of what was thrown, and what was printed as its `log`.
        """
        session = self._session
        service = self._context.getService("org.scijava.module.ModuleService")
        module = service.createModule(self._info)
        printed = session.jclass("java.io.StringWriter")()
        thrown = session.jclass("java.io.StringWriter")()
        module.setOutputWriter(printed)
        module.setErrorWriter(thrown)
        values = session.jclass("java.util.HashMap")()
        for name, value in given.items():
            values.put(name, value)
        done = service.run(module, True, values).get()
        log, error = str(printed.toString()), str(thrown.toString())
        if "\n\tat " in error:
            raise MacroError(f"the script failed: {error.partition(chr(10))[0].strip()}", log=log)
        outputs = {str(name): _plain(done.getOutput(name)) for name in done.getOutputs()}
        return outputs, log + error


def _plain(value: Any) -> Any:
    """Return a text, number or truth value as Python's; anything else as it is."""
    import jpype

    for java, python in (
        ("java.lang.String", str), ("java.lang.Boolean", bool),
        ("java.lang.Double", float), ("java.lang.Float", float),
        ("java.lang.Integer", int), ("java.lang.Long", int),
    ):  # fmt: skip
        if isinstance(value, jpype.JClass(java)):
            return python(value)
    return value
