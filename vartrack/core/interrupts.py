"""What ends a program from outside, and so is nothing that the program itself raised."""

from __future__ import annotations

__all__ = ["INTERRUPTS", "TimeLimit"]


class TimeLimit(BaseException):
    """The time is up. No `Exception`, so that nothing on the way takes it for its own.

    Args:
        told: how much time it was.
        where: the line of the program that was being traced, if one was.
    """

    def __init__(self, told: str, where: str = "") -> None:
        super().__init__(told)
        self.where = where


#: Whoever reports what a program raised lets these through.
INTERRUPTS = (KeyboardInterrupt, TimeLimit)
