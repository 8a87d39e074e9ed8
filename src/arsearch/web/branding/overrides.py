"""Templates of a maintainer's own, which override single blocks of the pages.

A file ``base.html`` in the folder begins with ``{% extends "arsearch/base.html" %}`` and holds blocks. All pages use it
then. What is wrong with a file is said when the server starts, and not to the first reader.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, TemplateSyntaxError, nodes

from arsearch.errors import SettingsError

__all__ = ["check_templates", "page_templates"]

_PREFIX = "arsearch"


def page_templates(shipped: Path, own: str) -> BaseLoader:
    """Return the loader of the pages: templates of the folder *own*, if it is set, before those that are *shipped*.

    Raises SettingsError if *own* is no folder.
    """
    ours = FileSystemLoader(shipped)
    if not own:
        return ours
    if not Path(own).is_dir():
        raise SettingsError(f"The setting templates is {own!r}, and there is no such folder.")
    return ChoiceLoader([FileSystemLoader(own), PrefixLoader({_PREFIX: ours}), ours])


def check_templates(environment: Environment, shipped: Path, own: str) -> None:
    """Raise SettingsError for the first file of the folder *own* that overrides no block of a page.

    Files whose names begin with an underscore are parts that others include: they only have to be templates.
    """
    for path in sorted(Path(own).rglob("*")) if own else ():
        name = path.relative_to(own).as_posix()
        if not path.is_file():
            continue
        tree = _parse(environment, path.read_text(encoding="utf-8"), path)
        if name.startswith("_") and not (shipped / name).is_file():
            continue
        if not (shipped / name).is_file():
            raise SettingsError(f"{path} overrides nothing. Templates are: {', '.join(_names(shipped))}.")
        parent = next(tree.find_all(nodes.Extends), None)
        base = f"{_PREFIX}/{name}"
        if parent is None or not isinstance(parent.template, nodes.Const) or parent.template.value != base:
            raise SettingsError(f'{path} must begin with {{% extends "{base}" %}}, and override blocks of that.')
        known = _blocks(environment, shipped, name)
        for block in tree.find_all(nodes.Block):
            if block.name not in known:
                raise SettingsError(
                    f"{path}, line {block.lineno}: {name} has no block {block.name!r}. It has: {', '.join(known)}."
                )


def _parse(environment: Environment, source: str, path: Path) -> nodes.Template:
    try:
        return environment.parse(source)
    except TemplateSyntaxError as error:
        raise SettingsError(f"{path}, line {error.lineno}: {error.message}.") from None


def _blocks(environment: Environment, shipped: Path, name: str) -> list[str]:
    """Return the blocks of a template and of those that it extends."""
    tree = environment.parse((shipped / name).read_text(encoding="utf-8"))
    blocks = [block.name for block in tree.find_all(nodes.Block)]
    for parent in tree.find_all(nodes.Extends):
        if isinstance(parent.template, nodes.Const):
            blocks += _blocks(environment, shipped, parent.template.value)
    return list(dict.fromkeys(blocks))


def _names(shipped: Path) -> list[str]:
    return sorted(path.name for path in shipped.glob("*.html") if not path.name.startswith("_"))
