"""What was made or asked for most recently is remembered, as far as there is room."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values that never change, by their keys; threads may ask at once, and make the same value twice."""

    def __init__(self, make: Callable[[Key], Value], *, room: int, weigh: Callable[[Value], int]) -> None:
        """All that is remembered weighs `room` at most; what weighs more by itself is made each time."""
        self._make, self._room, self._weigh = make, room, weigh
        self._values = OrderedDict[Key, Value]()
        self._weight = 0
        self._lock = threading.Lock()

    def __call__(self, key: Key) -> Value:
        """Return the value of a key."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = self._make(key)
        with self._lock:
            self._keep(key, value)
        return value

    def _keep(self, key: Key, value: Value) -> None:
        if key in self._values or self._weigh(value) > self._room:
            return
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._room:
            _, oldest = self._values.popitem(last=False)
            self._weight -= self._weigh(oldest)
