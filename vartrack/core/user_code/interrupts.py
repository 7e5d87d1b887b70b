"""What a program itself raises, and what ends it from outside."""

from __future__ import annotations

__all__ = ["INTERRUPTS", "RAISED", "TimeLimit"]


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
#: What code that is called for the sake of trying it may raise, `sys.exit` among it: that is no
#: reason to end whoever tries it.
RAISED = (Exception, SystemExit)
