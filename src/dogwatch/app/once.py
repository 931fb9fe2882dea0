"""A property that is made when it is first asked for, and only once, however many threads ask."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")


class made_once(Generic[Made]):  # noqa: N801 - it is written as a decorator
    """As `functools.cached_property`, which has no lock from Python 3.12 on."""

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make
        self._lock = RLock()
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Made:
        """Return what was made; found again in the instance itself, before this is asked."""
        with self._lock:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
            made: Made = instance.__dict__[self._name]
            return made
