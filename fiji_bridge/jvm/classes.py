"""Changing a class of a library before it is loaded."""

from __future__ import annotations

from typing import Any


class ClassChange:
    """A class that has not been loaded yet, to be changed and defined.

    Parameters
    ----------
    name : str
        Its full name, on the class path of the system's loader.

    Attributes
    ----------
    changed : javassist.CtClass
    """

    def __init__(self, name: str) -> None:
        import jpype

        self._loader: Any = jpype.JClass("java.lang.ClassLoader").getSystemClassLoader()
        self._pool = jpype.JClass("javassist.ClassPool")(False)
        self._pool.appendClassPath(jpype.JClass("javassist.LoaderClassPath")(self._loader))
        self.changed: Any = self._pool.get(name)

    def redirect(self, owner: str, other: str, called: str, instead: str) -> None:
        """Have calls of a static method call one of another class, with the same parameters."""
        import jpype

        converter = jpype.JClass("javassist.CodeConverter")()
        (old,) = self._pool.get(owner).getDeclaredMethods(called)
        (new,) = self._pool.get(other).getDeclaredMethods(instead)
        converter.redirectMethodCall(old, new)
        self.changed.instrument(converter)

    def define(self) -> None:
        """Give the class to the system's loader."""
        import jpype

        text = jpype.JClass("java.lang.String").class_
        kinds = (text, jpype.JArray(jpype.JByte).class_, jpype.JInt.class_, jpype.JInt.class_)
        loaders = jpype.JClass("java.lang.ClassLoader").class_
        define = loaders.getDeclaredMethod("defineClass", *kinds)
        define.setAccessible(True)
        code = self.changed.toBytecode()
        name = self.changed.getName()
        define.invoke(self._loader, name, code, jpype.JInt(0), jpype.JInt(len(code)))
