"""The site: the Markdown pages of this folder, and the reference from the declarations.

python -m sphinx -q -W --keep-going -n docs .site
"""

from __future__ import annotations

import os

from fiji_bridge import __version__
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY

# Pages show help texts; a terminal's width or colour is nothing of theirs.
os.environ["COLUMNS"] = "100"

project = "fiji_bridge"
author = "The fiji_bridge developers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_click",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["examples", "images", "templates", "gallery/*.py", "gallery/*.ipynb"]

# Each script of the gallery is run, and one that fails ends the build. The first starts ImageJ.
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    # What a script prints is shown, not what its last line happens to give.
    "capture_repr": (),
    "remove_config_comments": True,
    "write_computation_times": False,
    "min_reported_time": float("inf"),
}

# Headings can be linked to as on GitHub, where the same pages are read.
myst_heading_anchors = 3
myst_enable_extensions = ["deflist", "attrs_inline"]
# Claims are long tables, and rows of code are no other language than text.
highlight_language = "none"

templates_path = ["templates"]
autosummary_generate = True
# Drawn by pictures.py; tests/docs hold it to the operations that there are.
autosummary_context = {
    "pictured": {
        name: (
            "What the example makes of made beads."
            if operation.result is Result.REPORT
            else "What the example makes of a ball and a sheet with noise, in voxels of "
            "1 × 0.4 × 0.4 µm, cut along xz at true aspect."
        )
        for name, operation in REGISTRY.items()
    }
}
autosummary_generate_overwrite = True
autodoc_typehints = "none"  # the docstrings say the types
autodoc_member_order = "bysource"
# Members stand in each class's own text; one page each would be a hundred pages of one line.
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# `name` in a docstring is code, and a link where it is known.
default_role = "code"

# Nothing of another site is asked for: names of other packages stay names.
nitpick_ignore_regex = [(r"py:.*", r"(?!fiji_bridge\.).*")]

html_theme = "pydata_sphinx_theme"
html_title = "fiji_bridge"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_nav_level": 1,
    "navigation_depth": 2,
    "header_links_before_dropdown": 7,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
