"""Switching it on: vartrack in the place of torch's own builder, and torch's own back."""

from __future__ import annotations

from vartrack.installation.switch import audited, install, uninstall, use

__all__ = ["audited", "install", "uninstall", "use"]
