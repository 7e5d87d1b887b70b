"""`Reads`: Python text that reads many sources, and what several of them begin with once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from vartrack.core.sources.stored_items import STORED, form_of, is_of_class, key_of, text_of

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["Reads"]


class Reads:
    """Text of sources in one expression, to be evaluated in the order in which it was made.

    Args:
        sources: all of which the text will be made, as often as it will be.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._times = Counter(part.name for source in sources for part in _parts(source))
        #: By what was read already the name that holds it.
        self._held: dict[str, str] = {}

    def text(self, source: Source) -> str:
        """What reads ``source``; it holds what is read again later."""
        name = source.name
        held = self._held.get(name)
        if held is not None:
            return held
        base = _base_of(source)
        if base is None:
            text = text_of(source)
        elif base.name == name:
            return self.text(base)
        else:
            text = self._item(source, base) or form_of(source).format(self.text(base))
        return text if self._times[name] < 2 else self._hold(name, text)

    def _item(self, source: Source, base: Source) -> str | None:
        """What reads an item of a dict as it is stored; None of another source."""
        key = key_of(source)
        if key is None:
            return None
        first = self.text(base)
        if is_of_class(source):
            return f"{first}[{key if isinstance(key, str) else self.text(key)}]"
        if base.name not in self._held:
            first = self._hold(base.name, first)
        held = self._held[base.name]
        if not isinstance(key, str):
            key = self.text(key)
        # most are plain dicts, which have no class to be asked
        return f"({held}[{key}] if type({first}) is dict else {STORED}({held}, {key}))"

    def _hold(self, name: str, text: str) -> str:
        held = self._held[name] = f"__held_{len(self._held)}"
        return f"({held} := {text})"


def _base_of(source: Source) -> Source | None:
    """The source whose text is in that of ``source``, or whose item it is."""
    base: Source | None = getattr(source, "base", None)
    if base is None or key_of(source) is not None:
        return base
    return base if source._name_template.format(base.name) == source.name else None


def _parts(source: Source) -> Iterator[Source]:
    """``source`` and what it is read from; one that says more of the same is left out."""
    part: Source | None = source
    while part is not None:
        base = _base_of(part)
        if base is None or base.name != part.name:
            yield part
        part = base
