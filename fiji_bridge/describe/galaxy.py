"""The operations as Galaxy tools: XML with tests.

The Galaxy Community, Nucleic Acids Research 52, 2024, gkae410. The command is a template of
Cheetah, into which Galaxy puts its values after it has removed what a shell could take for its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from fiji_bridge._version import __version__
from fiji_bridge.engines.select import ENGINES
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.registry import REGISTRY

#: The image of the tests, in ``test-data``.
TEST_IMAGE = "bead.tif"
#: The oldest Galaxy whose tests look into images.
_PROFILE = "24.1"
_TYPES = {
    Kind.NUMBER: "float",
    Kind.INTEGER: "integer",
    Kind.FLAG: "boolean",
    Kind.CHOICE: "select",
}


def generate() -> dict[str, str]:
    """Return the tools by file name, one per operation."""
    made = {}
    for operation in REGISTRY.values():
        root = tool(operation)
        ElementTree.indent(root, "    ")
        made[f"{operation.name}.xml"] = ElementTree.tostring(root, "unicode") + "\n"
    return made


def tool(operation: Operation) -> Element:
    """Return the tool of an operation."""
    shown = operation.title.partition(" (")[0]
    root = Element(
        "tool", id=f"fiji_bridge_{operation.name}", name=f"{shown} in physical units",
        version=f"{__version__}+galaxy0", profile=_PROFILE,
    )  # fmt: skip
    SubElement(root, "description").text = "of a calibrated stack"
    requirements = SubElement(root, "requirements")
    needed = SubElement(requirements, "requirement", type="package", version=__version__)
    needed.text = "fiji-bridge"
    command = SubElement(root, "command", detect_errors="exit_code")
    command.text = _command(operation)
    inputs = SubElement(root, "inputs")
    SubElement(inputs, "param", name="image", type="data", format="tiff", label="Image")
    for parameter in operation.parameters:
        _param(inputs, parameter)
    _text(inputs, "voxel_size", "Voxel size", "Instead of the file's: '2 0.45 0.45 um'.", "")
    if operation.uses_engine:
        engine = SubElement(
            inputs, "param", argument="--engine", type="select", optional="true",
            label="Engine", help="Which engine computes.",
        )  # fmt: skip
        _options(engine, list(ENGINES), None)
    _outputs(SubElement(root, "outputs"), operation)
    _tests(SubElement(root, "tests"), operation)
    SubElement(root, "help", format="markdown").text = f"{operation.summary}\n"
    citations = SubElement(root, "citations")
    SubElement(citations, "citation", type="doi").text = "10.1093/bioinformatics/bts543"
    return root


def _command(operation: Operation) -> str:
    """Return the template: values that are empty are no options."""
    name = operation.name.replace("_", "-")
    report = operation.result is Result.REPORT
    lines = ["ln -s '$image' image.tif &&", f"fiji-bridge {name} image.tif"]
    lines[-1] += "" if report else " result.tif"
    names = [p.name for p in operation.parameters if p.kind is not Kind.FLAG] + ["voxel_size"]
    names += ["engine"] if operation.uses_engine else []
    for one in names:
        lines += [
            f"#if $str(${one}) not in ('', 'None')",
            f"    --{one.replace('_', '-')}='${one}'",
            "#end if",
        ]
    lines += [f"${p.name}" for p in operation.parameters if p.kind is Kind.FLAG]
    if operation.uses_engine:
        lines.append('--threads "\\${GALAXY_SLOTS:-1}"')
    lines += ["> '$result'"] if report else []
    return "\n" + "\n".join(lines) + "\n"


def _param(inputs: Element, parameter: Parameter) -> None:
    kind = _TYPES.get(parameter.kind, "text")
    label = parameter.label or parameter.name.replace("_", " ").capitalize()
    default = "" if parameter.default is None else str(parameter.default)
    if kind == "text":
        _text(inputs, parameter.name, label, parameter.sentence, default, parameter.required)
        return
    flag = "--" + parameter.name.replace("_", "-")
    said = {"argument": flag, "type": kind}
    shown = {"label": label, "help": parameter.sentence}
    if kind == "boolean":
        said |= {
            "truevalue": flag,
            "falsevalue": "",
            "checked": str(bool(parameter.default)).lower(),
        }
        SubElement(inputs, "param", said | shown)
    elif kind == "select":
        optional = {} if parameter.default is not None else {"optional": "true"}
        found = SubElement(inputs, "param", said | optional | shown)
        _options(found, list(parameter.choices), parameter.default)
    else:
        given = {"value": default} if default else {"optional": "true"}
        SubElement(inputs, "param", said | given | shown)


def _text(
    inputs: Element, name: str, label: str, doc: str, default: str, required: bool = False
) -> None:
    param = SubElement(
        inputs, "param", argument="--" + name.replace("_", "-"), type="text",
        value=default, optional=str(not required).lower(), label=label, help=doc,
    )  # fmt: skip
    # Lengths are letters of any unit, numbers, and what separates them.
    sanitizer = SubElement(param, "sanitizer", invalid_char="")
    valid = SubElement(sanitizer, "valid", initial="string.letters,string.digits")
    for char in " .,=+-/;[]µμ":
        SubElement(valid, "add", value=char)
    if required:
        SubElement(param, "validator", type="empty_field")


def _options(param: Element, choices: Sequence[str], default: Any) -> None:
    for choice in choices:
        chosen = {"selected": "true"} if choice == default else {}
        SubElement(param, "option", {"value": choice} | chosen).text = choice


def _outputs(outputs: Element, operation: Operation) -> None:
    label = "${tool.name} on ${on_string}"
    if operation.result is Result.REPORT:
        SubElement(outputs, "data", name="result", format="txt", label=label)
    elif operation.result is Result.IMAGE:
        SubElement(
            outputs, "data", name="result", format="tiff", from_work_dir="result.tif", label=label
        )
    else:
        several = SubElement(outputs, "collection", name="result", type="list", label=label)
        pattern = r"result-(?P<designation>.+)\.tif"
        SubElement(several, "discover_datasets", pattern=pattern, format="tiff")


def _tests(tests: Element, operation: Operation) -> None:
    test = SubElement(tests, "test", expect_num_outputs="1")
    SubElement(test, "param", name="image", value=TEST_IMAGE)
    for name, value in operation.example.items():
        SubElement(test, "param", name=name, value=_plain(value))
    if operation.result is Result.REPORT:
        checks = SubElement(SubElement(test, "output", name="result"), "assert_contents")
        SubElement(checks, "has_n_lines", min="3")
    elif operation.result is Result.IMAGE:
        output = SubElement(test, "output", name="result", ftype="tiff")
        checks = SubElement(output, "assert_contents")
        SubElement(checks, "has_image_channels", channels="1")
        SubElement(checks, "has_size", min="1000")
    else:
        SubElement(test, "output_collection", name="result", type="list", min="2")


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
