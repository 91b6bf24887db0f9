"""From the declared operations to ImageJ macros, and to the table that the jar's dialogs read.

``python -m fiji_bridge.install.macrogen`` in the source tree writes everything that is generated,
also the reference and the stub.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

from fiji_bridge._version import __version__
from fiji_bridge.install import modulegen, reference, stub
from fiji_bridge.install.examples import macro_options, macro_values
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.registry import REGISTRY

#: Resources of the jar that are generated, relative to java/src/main/resources.
OPERATIONS_TABLE = "org/fijibridge/command/operations.tsv"
PLUGINS_CONFIG = "plugins.config"

#: Menu of everything; an operation may stand in another one as well.
SUITE = "Plugins>Fiji Bridge"

#: Commands that are no operations.
OTHER_COMMANDS = (
    ("Batch over a Folder...", "org.fijibridge.command.BatchCommand"),
    ("Cross-check with SciPy...", "org.fijibridge.command.CrossCheck"),
    ("About Fiji Bridge...", "org.fijibridge.command.About"),
)

#: Lets the installed program compute an operation that the jar does not.
PROGRAM_COMMAND = "org.fijibridge.command.ProgramCommand"

#: Units on offer in the dialog, in ASCII; a macro may spell them in any way units.py knows.
UNIT_CHOICES = ("um", "nm", "mm", "cm", "m", "inch", "A", "pixel")
DEFAULT_UNIT = "um"

#: Line of the header, below the summary.
NEEDS_PROGRAM = "\n// Computed by the installed program fiji-bridge: pip install fiji-bridge."

_TEMPLATES = Path(__file__).parent / "macro_templates"


@dataclass(frozen=True)
class Field:
    """A field of an ImageJ command; one per key of a recorded line."""

    kind: str
    name: str
    label: str
    default: str
    choices: tuple[str, ...]
    help: str
    only_with: str = ""


#: What every command has beside the operation's own parameters.
COMMAND_FIELDS = (
    Field(
        "choice",
        "result",
        "Result goes to",
        "new window",
        ("new window", "in place"),
        "in place changes the image itself; ImageJ can undo that for a single plane only",
    ),
    Field(
        "choice",
        "region",
        "Change",
        "whole image",
        ("whole image", "selection"),
        "selection leaves what lies outside of it as it was",
    ),
    Field(
        "choice",
        "engine",
        "Engine",
        "",
        ("gauss3", "fused"),
        "by default the real Gauss3 where imglib2-algorithm is installed, else fused",
    ),
)


def commands() -> tuple[Operation, ...]:
    """Return the operations that ImageJ computes itself; the others it leaves to the program."""
    return tuple(operation for operation in REGISTRY.values() if operation.java_class)


def fields(operation: Operation) -> tuple[Field, ...]:
    """Return the fields of an operation's command, in the order of the dialog."""
    own = (field for p in operation.parameters if p.in_macro for field in _fields_of(p))
    return (*own, *COMMAND_FIELDS) if operation.java_class else tuple(own)


def first_shown(operation: Operation, field: Field) -> str:
    """Return what a field of the dialog holds first: the default, else the example's value."""
    return field.default or macro_values(operation).get(field.name, "")


def _fields_of(parameter: Parameter) -> Iterator[Field]:
    if parameter.kind is Kind.WIDTH:
        yield Field(
            "width",
            "sigma",
            "Sigma",
            "",
            (),
            "one number, or one per axis: [z=2 y=1 x=1]; 0 for no blur",
        )
        yield Field(
            "unit", "unit", "Unit", DEFAULT_UNIT, UNIT_CHOICES, "of sigma: a length, or pixel"
        )
        yield Field(
            "choice",
            "meaning",
            "Given as",
            "sigma",
            ("sigma", "FWHM"),
            "what sigma is; FWHM = 2.3548 sigma",
        )
        return
    # ImageJ has no 64-bit images.
    choices = tuple(choice for choice in parameter.choices if choice != "float64")
    if parameter.default is None:
        default = ""
    elif parameter.kind is Kind.NUMBER:
        default = f"{parameter.default:g}"
    else:
        default = str(parameter.default)
    yield Field(
        parameter.kind.value, parameter.name, parameter.title, default, choices, parameter.help,
        parameter.only_with,
    )  # fmt: skip


def generate() -> dict[str, str]:
    """Return the macros by file name, two per operation: for an image, and for a folder."""
    texts = {}
    for operation in REGISTRY.values():
        for name, template in (
            (f"{operation.name}.ijm", "one.ijm"),
            (f"{operation.name}_batch.ijm", "batch.ijm"),
        ):
            texts[name] = _macro(operation, name, template)
    return texts


def _macro(operation: Operation, name: str, template: str) -> str:
    in_imagej = operation.java_class is not None
    words = {
        "file": name,
        "summary": operation.summary + ("" if in_imagej else NEEDS_PROGRAM),
        "version": __version__,
        "operation": operation.name,
        "command": f"{operation.title}...",
        "batch": f"org.fijibridge.command.{'Batch' if in_imagej else 'ProgramBatch'}",
        "target": operation.java_class or operation.name,
        "ending": ".txt" if operation.result is Result.REPORT else ".tif",
        "output": operation.output,
        "example": macro_options(operation),
        "parameters": "\n".join(_comment(field) for field in fields(operation)),
    }
    last_step = _template("run_in_imagej.ijm" if in_imagej else "run_by_program.ijm")
    words["last_step"] = last_step.substitute(words)
    return _template(template).substitute(words)


def _template(name: str) -> Template:
    return Template((_TEMPLATES / name).read_text(encoding="utf-8"))


def _comment(field: Field) -> str:
    text = f"//   {field.name:<9} {field.help}"
    if field.choices:
        text += f"\n//             one of: {', '.join(field.choices)}"
    if field.default:
        text += f"\n//             default: {field.default}"
    return text


def check(folder: Path) -> list[str]:
    """Return what is out of step between a folder of macros and the registry; nothing if fine."""
    texts = generate()
    problems = []
    for name, text in texts.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{path} is missing; run: fiji-bridge macros")
        elif path.read_text(encoding="utf-8") != text:
            problems.append(f"{path} is out of step; run: fiji-bridge macros")
    for path in sorted(folder.glob("*.ijm")):
        if path.name not in texts:
            problems.append(f"{path} belongs to no operation; delete it")
    return problems


def write(folder: Path) -> list[Path]:
    """Write the macros into a folder, made if need be; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in generate().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        written.append(folder / name)
    return written


def resources() -> dict[str, str]:
    """Return the generated resources of the jar by path: the table of fields, and the menu."""
    lines = [f"version\t{__version__}"]
    menu = ["# Menu of the ImageJ commands; generated by install/macrogen.py, do not edit."]
    for operation in REGISTRY.values():
        result = operation.result.value
        lines.append(
            f"operation\t{operation.name}\t{operation.title}\t{operation.summary}\t{result}\t"
            f"{operation.java_class or ''}"
        )
        java_class = operation.java_class or f'{PROGRAM_COMMAND}("{operation.name}")'
        menu.append(f'{operation.menu}, "{operation.title}...", {java_class}')
        for f in fields(operation):
            choices = "|".join(f.choices)
            shown = first_shown(operation, f)
            cells = (f.kind, f.name, f.label, f.default, shown, choices, f.help, f.only_with)
            lines.append("\t".join(cells))
    menu += [f'{SUITE}, "{label}", {java_class}' for label, java_class in OTHER_COMMANDS]
    return {
        OPERATIONS_TABLE: "\n".join(lines) + "\n",
        PLUGINS_CONFIG: "\n".join(menu) + "\n",
        modulegen.INDEX: modulegen.index(),
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit("macrogen writes, and takes no arguments; `fiji-bridge macros --check` compares")
    root = Path(__file__).resolve().parent.parent.parent
    write(root / "macros")
    for name, text in resources().items():
        target = root / "java" / "src" / "main" / "resources" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    for name, text in modulegen.sources().items():
        source = root / "java" / "src" / "main" / "java" / name
        source.write_text(text, encoding="utf-8", newline="\n")
    (root / "docs" / "operations.md").write_text(reference.page(), encoding="utf-8", newline="\n")
    names = root / "docs" / "reference.rst"
    names.write_text(reference.names(names.read_text("utf-8")), encoding="utf-8", newline="\n")
    stub.PATH.write_text(stub.generate(), encoding="utf-8", newline="\n")
    stub.BY_NAME.write_text(stub.by_name(), encoding="utf-8", newline="\n")
