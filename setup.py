"""What setup.cfg cannot say. All the rest is there."""

import re
from pathlib import Path

from setuptools import setup

README = Path(__file__).with_name("README.md").read_text(encoding="utf-8")

# an index shows the README without the files that it links to, so there it has their names alone
setup(
    long_description=re.sub(r"\[([^\]]+)\]\((?!https?://|#)[^)]+\)", r"\1", README),
    long_description_content_type="text/markdown",
)
