"""The class that stands in for dialogs without a screen is made to tell what it asks for.

ij1-patcher puts it below ``ij.gui.GenericDialog``. It refuses to be made where a macro gave no
options, which ImageJ catches for its filters, and then takes their defaults without a word. The
class is changed before it is loaded; `org.fijibridge.bridge.DialogFields` is told.
"""

from __future__ import annotations

from typing import Any

from fiji_bridge.jvm.classes import ClassChange

_CLASS = "net.imagej.patcher.HeadlessGenericDialog"
_TOLD = "org.fijibridge.bridge.DialogFields"
#: Method → its numbers of parameters, and which of them is the default.
_FIELDS = {
    "addNumericField": (2, "Double.valueOf($2)"),
    "addSlider": (4, "Double.valueOf($4)"),
    "addStringField": (2, "$2"),
    "addChoice": (3, "$3"),
    "addRadioButtonGroup": (5, "$5"),
}


def install() -> None:
    """Define the class; it must not have been loaded."""
    import jpype

    change = ClassChange(_CLASS)
    changed: Any = change.changed
    change.redirect("ij.Macro", _TOLD, "getOptions", "options")
    for constructor in changed.getConstructors():
        constructor.insertBeforeBody(f"{_TOLD}.opened();")
    for name, (count, default) in _FIELDS.items():
        for method in changed.getDeclaredMethods(name):
            if len(method.getParameterTypes()) == count:
                method.insertBefore(f"{_TOLD}.field($1, {default});")
    for method in changed.getDeclaredMethods("addCheckbox"):
        method.insertBefore(f"{_TOLD}.box($1);")
    for method in changed.getDeclaredMethods("showDialog"):
        method.insertBefore(f"{_TOLD}.shown();")
    for method in changed.getDeclaredMethods("addTextAreas"):
        method.insertBefore(f'{_TOLD}.field("text1", $1);')
    change.define()
    jpype.JClass("java.lang.System").setProperty("org.fijibridge.dialogs", "told")
