"""`typing.NamedTuple`, made when it is used: the same classes at a sixth of the price.

Theory of operation. `start` meets some sixty small values on its way to the first process, and typing takes
a quarter of a millisecond for each: it compiles every annotation, and a constructor that most of them
never need in that run. Here the annotations stay text, and the constructor is compiled when some values have
been made. A type checker sees `typing.NamedTuple`; so does a Python that this file does not know.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FunctionType

if TYPE_CHECKING or sys.version_info >= (3, 14):
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 - handed on
else:
    from _collections import _tuplegetter
    from contextlib import suppress

    FEW = 8
    """Values of one class that are made without compiling: most classes have no more in a start."""

    def _make(cls: type, values: object) -> object:
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, not {len(made)}")
        return made

    def _replace(self: object, /, **changes: object) -> object:
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"{type(self).__name__} has no field {', '.join(changes)}")
        return made

    def _asdict(self: object) -> dict[str, object]:
        return dict(zip(self._fields, self, strict=True))

    def _values(self: object) -> tuple[object, ...]:
        return tuple(self)

    def _repr(self: object) -> str:
        values = (f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({', '.join(values)})"

    def _constructor(made: list[type], fields: tuple[str, ...], defaults: dict[str, object]) -> object:
        """Give a `__new__` that puts the compiled one in its own place after a few calls."""
        left = FEW

        def __new__(cls: type, *args: object, **kwargs: object) -> object:  # noqa: N807 - it is one
            nonlocal left
            rest = fields[len(args) :]
            if left and len(args) <= len(fields) and kwargs.keys() <= set(rest):
                left -= 1
                named = {**defaults, **kwargs}
                with suppress(KeyError):  # a field that has no value: the compiled one has the words for that
                    return tuple.__new__(cls, (*args, *[named[field] for field in rest]))
            new = _compiled(fields, tuple(defaults.values()))
            new.__qualname__ = f"{made[0].__qualname__}.__new__"
            made[0].__new__ = staticmethod(new)
            return new(cls, *args, **kwargs)

        return __new__

    def _compiled(fields: tuple[str, ...], defaults: tuple[object, ...]) -> FunctionType:
        names = ", ".join(fields)
        text = f"lambda _cls, {names}: _new(_cls, ({names},))" if fields else "lambda _cls: _new(_cls, ())"
        new = eval(text, {"_new": tuple.__new__, "__builtins__": {}})  # noqa: S307 - our own names
        new.__defaults__ = defaults
        new.__name__ = "__new__"
        return new

    class _Maker(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one with a default")
            made: list[type] = []
            namespace |= {
                "__slots__": (),
                "__match_args__": fields,
                "__new__": _constructor(made, fields, defaults),
                "__getnewargs__": _values,
                "_fields": fields,
                "_field_defaults": defaults,
                "_make": classmethod(_make),
                "_replace": _replace,
                "_asdict": _asdict,
            }
            namespace.setdefault("__repr__", _repr)
            for index, field in enumerate(fields):
                namespace[field] = _tuplegetter(index, None)
            made.append(type(name, (tuple,), namespace))
            return made[0]

    class NamedTuple(metaclass=_Maker):
        """A tuple with names: `class Span(NamedTuple): begin: int; end: int = 0`."""
