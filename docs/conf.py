"""How Sphinx makes these pages: ``pip install -e ".[docs]" && sphinx-build -W docs build/docs``."""

from vartrack import __version__

project = "vartrack"
author = copyright = "the vartrack developers"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"vartrack {release}"
html_static_path = ["_static"]
html_css_files = ["vartrack.css"]

myst_heading_anchors = 3

autodoc_member_order = "bysource"
# where a class statement stands on the machine that makes the pages is of no use to readers
autodoc_default_options = {"exclude-members": "defined_at, abstract"}
autodoc_typehints = "none"  # the signature has them
napoleon_use_ivar = True
default_role = "code"
