"""Whose pages these are: names, colours, files and templates of the maintainer, all checked when a server starts."""

from arsearch.web.branding.brand import Brand, current_brand, load_brand
from arsearch.web.branding.collections import install_collections, names_of
from arsearch.web.branding.examples import StartExamples
from arsearch.web.branding.overrides import check_templates, page_templates

__all__ = [
    "Brand", "StartExamples", "check_templates", "current_brand", "install_collections", "load_brand", "names_of",
    "page_templates",
]  # fmt: skip
