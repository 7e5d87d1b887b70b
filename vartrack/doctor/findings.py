"""`Finding`: one thing about the installed torch that vartrack may not be able to work with."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding", "Place"]


@dataclass(frozen=True, order=True)
class Place:
    """A line of vartrack that needs something of torch.

    Attributes:
        file: the file, from the folder that holds the package.
        line: its number.
        owner: the class or function around it; a visitor, in ``vartrack/visitors/``.
    """

    file: str
    line: int
    owner: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Finding:
    """One thing that is missing, or is otherwise than vartrack expects.

    Attributes:
        kind: ``"name"``, ``"signature"``, ``"guard"``, ``"hook"``, ``"protocol"``, ``"face"``,
            ``"class"``, ``"setting"`` or ``"branch"``.
        what: what of torch it is about, the same on every release.
        why: what is wrong, in words.
        places: the lines of vartrack that need it.
        visitors: the visitors that would suffer.
    """

    kind: str
    what: str
    why: str
    places: tuple[Place, ...] = ()
    visitors: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from other findings, and finds it again on another release."""
        return f"{self.kind} {self.what}"

    def __str__(self) -> str:
        at = f" (needed at {', '.join(map(str, self.places[:3]))})" if self.places else ""
        of = f" [{', '.join(self.visitors[:4])}]" if self.visitors else ""
        return f"{self.what}: {self.why}{at}{of}"
