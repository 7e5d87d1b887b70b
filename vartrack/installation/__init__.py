"""Switching it on: vartrack in the place of torch's own builder, and torch's own back."""

from __future__ import annotations

from vartrack.installation.switch import install, uninstall, use

__all__ = ["install", "uninstall", "use"]
