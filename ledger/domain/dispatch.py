"""Functions that are chosen by the class of their first argument."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any, Generic, TypeVar, overload

Result = TypeVar("Result")


class ByClass(Generic[Result]):
    """As `functools.singledispatch`, whose every call looks up a weak reference: that took a tenth of a decision."""

    def __init__(self, otherwise: Callable[..., Result]) -> None:
        self._generic = singledispatch(otherwise)
        self._found: dict[type, Callable[..., Result]] = {}

    @overload
    def register(self, given: type) -> Callable[[Callable[..., Result]], Callable[..., Result]]: ...

    @overload
    def register(self, given: Callable[..., Result]) -> Callable[..., Result]: ...

    def register(self, given: Any) -> Any:
        """A decorator: for this class, or for that of the first argument as the function names it."""
        return self._generic.register(given)

    def dispatch(self, kind: type) -> Callable[..., Result]:
        """The function for a class."""
        return self._generic.dispatch(kind)

    def __call__(self, first: object, *rest: Any) -> Result:
        kind = type(first)
        function = self._found.get(kind)
        if function is None:
            # All functions are registered when their modules are read, and calls begin afterwards.
            function = self._found[kind] = self._generic.dispatch(kind)
        return function(first, *rest)
