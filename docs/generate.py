"""Write the reference pages of the documentation from the code: ``python docs/generate.py``, or ``make reference``.

``--check`` writes nothing, and fails if a page is not what the code says. Everything that is imported from the inside
of arsearch is imported here at the top and nowhere else.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from reference_text import attribute_docs, markdown, opening, table

import arsearch
import arsearch.client
import arsearch.errors
from arsearch.cli import main as command_line
from arsearch.common import array_files
from arsearch.index import layout as index_layout
from arsearch.index.manifest import FORMAT_VERSION, FileRecord, Manifest
from arsearch.lexical.segment.columns import Columns
from arsearch.web.app import create_app
from arsearch.web.problems import PROBLEM_TYPES

__all__ = ["PAGES", "write_pages"]

REFERENCE = Path(__file__).parent / "en" / "reference"

Schema = Mapping[str, Any]


def settings_page() -> Iterator[str]:
    """Every setting, from the fields of Settings."""
    yield from opening(
        "Settings",
        "A setting comes from the first of these that has it: the flag of a command, an environment variable, the file "
        "`arsearch.toml` of the current directory (or `--config FILE`), the default. The variable of a setting is "
        "`ARSEARCH_` and its name in capitals: `ARSEARCH_PAGE_SIZE=20`. An empty variable counts as not set. "
        "In Python, `arsearch.load_settings()` reads all of them.",
    )
    meanings = attribute_docs(arsearch.Settings)
    rows = []
    types = typing.get_type_hints(arsearch.Settings)
    for field in dataclasses.fields(arsearch.Settings):
        default = field.default_factory() if callable(field.default_factory) else field.default
        if isinstance(default, tuple):
            default = ", ".join(default)
        kind = f"`{_SETTING_TYPES.get(typing.get_origin(types[field.name]), field.type)}`"
        rows.append((f"`{field.name}`", kind, f"`{default}`" if str(default) else "(empty)", meanings[field.name]))
    yield from table(("setting", "type", "default", "meaning"), rows)


_SETTING_TYPES = {tuple: "list", typing.Literal: "str"}
"""What the types of settings are called; what a choice is made of stands in its meaning."""


def cli_page() -> Iterator[str]:
    """Every command with its arguments and options, from click."""
    yield from opening(
        "Command line",
        "Messages go to standard error, answers to standard output. The exit status is 0 when the command is done, "
        "1 when it failed, 2 for wrong usage and 130 after Ctrl-C.",
    )
    yield from _commands(command_line, "arsearch")


def _commands(group: click.Group, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        full = f"{path} {name}"
        if isinstance(command, click.Group):
            yield from (f"## `{full}`", "", markdown(command.help or ""), "")
            yield from _commands(command, full)
            continue
        context = click.Context(command, info_name=full)
        usage = " ".join(command.collect_usage_pieces(context))
        yield from (f"## `{full}`", "", "```text", f"{full} {usage}", "```", "", markdown(command.help or ""), "")
        options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
        rows = [(_flags(option, context), option.help or "") for option in options if not option.hidden]
        yield from table(("option", "meaning"), rows)


def _flags(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} `{option.make_metavar(context)}`"


def http_page() -> Iterator[str]:
    """Every operation of the API, from the OpenAPI document that a server answers, and every other address."""
    application = create_app(arsearch.Settings())
    document: Schema = application.test_client().get("/api/v1/openapi.json").get_json()
    yield from opening(
        "HTTP",
        "This page is made from the OpenAPI document, which every server gives at `/api/v1/openapi.json` and shows at "
        "`/api/v1/docs`. [Call the API](../how-to/call-the-api.md) explains how to use it, and "
        "[Problem types](problems.md) lists its errors.",
    )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _operation(f"{method.upper()} {path}", operation)
    yield from ("## Objects", "")
    for name, schema in document["components"]["schemas"].items():
        yield from (f"### {name}", "", markdown(schema.get("description", "")), "")
        required = schema.get("required", ())
        members = schema.get("properties", {}).items()
        rows = [(f"`{member}`", _type_of(about), _meaning(about, member in required)) for member, about in members]
        yield from table(("member", "type", "meaning"), rows)
    yield from ("## Pages and other addresses", "")
    others: list[tuple[str, str]] = []
    for rule in sorted(application.url_map.iter_rules(), key=lambda rule: rule.rule):
        address = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        if not any(address == re.sub(r"{(\w+)}", "{identifier}", path) for path in document["paths"]):
            shown = (application.view_functions[rule.endpoint].__doc__ or "").strip().split("\n\n")[0]
            others.append((f"`{address}`", markdown(shown) if rule.endpoint != "static" else "A static file."))
    yield from table(("address", "answers"), others)


def _operation(title: str, operation: Schema) -> Iterator[str]:
    yield from (f"## `{title}`", "", f"{operation['summary']}.", "")
    parameters = operation.get("parameters", ())
    rows = [
        (
            f"`{parameter['name']}`",
            _type_of(parameter["schema"]),
            _meaning({**parameter["schema"], "description": parameter["description"]}, parameter.get("required")),
        )
        for parameter in parameters
    ]
    yield from table(("parameter", "type", "meaning"), rows)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from (f"Body: {_type_of(content['schema'])}.", "")
    answer = operation["responses"]["200"]["content"]
    described = ", or ".join(f"{_type_of(about['schema'])} as `{media}`" for media, about in answer.items())
    statuses = [status for status in operation["responses"] if status != "200"]
    yield from (f"Answer: {described}. Other statuses: {', '.join(statuses)}.", "")


def _type_of(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type_of(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type_of(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type_of(schema['additionalProperties'])}"
    return str(schema.get("type", "any"))


def _meaning(schema: Schema, required: object) -> str:
    parts = [schema.get("description", "").rstrip(".") + "."] if schema.get("description") else []
    if required:
        parts.append("Required.")
    if "default" in schema:
        parts.append(f"Default: `{schema['default']}`.")
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    if bounds:
        parts.append(f"Range: {' '.join(bounds)}.")
    return " ".join(parts)


def problems_page() -> Iterator[str]:
    """Every type of problem."""
    yield from opening(
        "Problem types",
        "An error is `application/problem+json` (RFC 9457). Its `type` is the address `/api/v1/problems/` and one of "
        "these names; a server shows the meaning at that address.",
    )
    rows = [(f"`{kind.name}`", str(kind.status.value), kind.title, kind.meaning) for kind in PROBLEM_TYPES]
    yield from table(("type", "status", "title", "meaning and remedy"), rows)


def python_page() -> Iterator[str]:
    """Everything in ``arsearch.__all__``, and the client."""
    yield from opening(
        "Python",
        "Import everything on this page from `arsearch`, the clients from `arsearch.client`. Names that are not here "
        "are not part of the interface and may change.",
    )
    values = {name: getattr(arsearch, name) for name in arsearch.__all__}
    errors = {name: value for name, value in values.items() if _is_error(value)}
    functions = {name: value for name, value in values.items() if inspect.isfunction(value)}
    classes = {name: value for name, value in values.items() if name not in errors and name not in functions}
    yield from ("## Functions", "")
    for name, value in functions.items():
        yield from _callable(f"### `{name}`", name, value)
    yield from ("## Classes", "")
    for name, value in classes.items():
        yield from _class(name, value)
    yield from ("## Clients", "")
    for name in arsearch.client.__all__:
        yield from _class(name, getattr(arsearch.client, name))
    yield from ("## Errors", "", "Each error is a kind of the one above it that is indented less.", "")
    yield from ("```text", *_tree(arsearch.ArsearchError, errors), "```", "")
    rows = [(f"`{name}`", markdown(inspect.getdoc(value) or "")) for name, value in errors.items()]
    yield from table(("error", "meaning"), rows)


def _is_error(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, arsearch.ArsearchError)


def _tree(error: type[Exception], public: Mapping[str, object], depth: int = 0) -> Iterator[str]:
    if error.__name__ in public:
        yield "    " * depth + error.__name__
    for below in error.__subclasses__():
        yield from _tree(below, public, depth + 1)


def _class(name: str, value: type) -> Iterator[str]:
    yield from (f"### `{name}`", "")
    if name == "Settings":
        yield from ("An immutable object with one attribute for each [setting](settings.md).", "")
        return
    yield from (markdown(_own_docstring(value)), "")
    if dataclasses.is_dataclass(value):
        meanings = attribute_docs(value)
        fields = [field for field in dataclasses.fields(value) if not field.name.startswith("_")]
        rows = [(f"`{field.name}`", _attribute(field), meanings.get(field.name, "")) for field in fields]
        yield from table(("attribute", "type and default", "meaning"), rows)
    elif "__init__" in vars(value) or value.__init__ is not object.__init__:  # type: ignore[misc]
        yield from _signature(name, value.__init__)  # type: ignore[misc]
    for member, method in inspect.getmembers(value):
        if member.startswith("_") or not (inspect.isroutine(method) or isinstance(method, property)):
            continue
        if isinstance(method, property):
            yield from (f"#### `{name}.{member}`", "", markdown(inspect.getdoc(method) or ""), "")
        else:
            yield from _callable(f"#### `{name}.{member}`", f"{name}.{member}", method)


def _attribute(field: dataclasses.Field[Any]) -> str:
    simple = isinstance(field.default, (str, int, float, tuple, type(None)))
    return f"`{field.type} = {field.default!r}`" if simple else f"`{field.type}`"


def _own_docstring(value: type) -> str:
    text = inspect.getdoc(value) or ""
    return "" if text.startswith(f"{value.__name__}(") else text


def _callable(heading: str, name: str, value: Callable[..., object]) -> Iterator[str]:
    yield from (heading, "")
    yield from _signature(name, value)


def _signature(name: str, value: Callable[..., object]) -> Iterator[str]:
    signature = inspect.signature(value)
    parameters = [parameter for parameter in signature.parameters.values() if parameter.name not in ("self", "cls")]
    returned = "" if signature.return_annotation in ("None", inspect.Signature.empty) else signature.return_annotation
    written = [str(parameter) for parameter in parameters]
    first_keyword = next((i for i, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY), None)
    if first_keyword is not None and not any(each.kind is each.VAR_POSITIONAL for each in parameters):
        written.insert(first_keyword, "*")
    shown = [re.sub(r"'([^']*)'", r"\1", text) if "=" not in text else text.replace("'", "") for text in written]
    after = f" -> {returned}" if returned else ""
    line = f"{name}({', '.join(shown)}){after}"
    if len(line) > 90:
        line = f"{name}(\n" + "".join(f"    {text},\n" for text in shown) + f"){after}"
    yield from ("```python", line, "```", "", markdown(inspect.getdoc(value) or ""), "")


_FILES = {
    "manifest.json": "See below.",
    "articles/segments.arrays": "The segments of articles, in order, and the ordinals of what has gone of each.",
    "articles/0001.sqlite": "The articles of a segment, and their origin. Rows have the numbers (*ordinals*) that all "
    "other files use.",
    "articles/0001.arrays": "Arrays beside them: `ordinals`, sorted; `files`, the number of the file that each came "
    "from, 0 for what was added by hand; `copies`, the ordinal of the article that each is a copy of, or -1; "
    "`line_keys` and `band_keys`, by which boilerplate and near-duplicates are found, those of each article in turn, "
    "`line_counts` and `band_counts` of them, and in `line_order` and `band_order` which key follows which "
    "when they are sorted; `short`, whether an article is compared with its title; and `dictionary`, what texts "
    "are deflated with, if it was learnt from several hundred articles, in this commit or an earlier one.",
    "articles/state.arrays": "What the next commit goes on from: the next ordinal, which lines are boilerplate; "
    "`lines` that are on many pages, and how many `pages` each source has.",
    "lexical/segments.arrays": "The segments of words, in order, and the deleted documents of each.",
    "lexical/0001.arrays": "A segment: an array for each column below, and as facts `fields`, and `value_fields` where "
    "articles have own numbers or dates.",
    "semantic/segments.arrays": "The segments of vectors; what has gone of them is what has gone of the words.",
    "semantic/0001.faiss": "The vectors of passages, as FAISS writes them.",
    "semantic/0001.arrays": "For each of the `passages`: the ordinal of its article, and where it begins and ends in "
    "the text; `norms`, the length of each stored vector, by which cosines are computed; and as a fact `scale`, what "
    "vectors were multiplied by before they were rounded.",
    "ranking/0001.arrays": "Of the segment of words with that name: the `buckets` of character n-grams that any of its "
    "words has, the `offsets` where the `words` of each begin, and those, by their number.",
    "ranking/grams_idf.npy": "How rare the n-grams of each bucket are.",
    "ranking/grams.json": "How many articles have come or gone since that was found out.",
    "ranking/calibration_hashes.npy": "The texts that the scale of the encoder was measured on, by hash.",
    "ranking/calibration_vectors.npy": "Their vectors.",
    "semantic/waiting.npy": "Passages that have no vector yet: article, start and end. Only while there are any.",
}


def index_format_page() -> Iterator[str]:
    """The files of an index: the directory, the manifest, the columns of a segment."""
    yield from opening(
        "Index format",
        f"This is format version {FORMAT_VERSION}. An index of another version is refused with the command to run. "
        "[Durability](../explanation/durability.md) explains why the files are as they are.",
    )
    yield from ("## The directory", "", markdown(index_layout.__doc__ or ""), "")
    yield from ("## Files of a commit", "")
    yield from table(("file", "contents"), ((f"`{name}`", meaning) for name, meaning in _FILES.items()))
    yield from ("## Files of arrays", "", markdown(inspect.getdoc(array_files) or ""), "")
    yield from (
        "The head is the magic `ARARRAY1`, then, little-endian, the offset and the length of the table (64 bits each) "
        "and its CRC-32; zeros follow. The table is an object with `arrays`, by name: type as NumPy writes it, shape, "
        "offset and CRC-32 of its bytes, which stand row after row; and `facts`. Files of segments never change, so "
        "commits share them by hard links.",
        "",
    )
    yield from (
        "## `manifest.json`",
        "",
        "What made the commit, and a checksum of each of its files. It is written last. Its first member is "
        "`checksum`: the SHA-256, in hexadecimal, of everything after that line.",
        "",
    )
    for kind in (Manifest, FileRecord):
        if kind is FileRecord:
            yield from ("### An entry of `files`", "", markdown(inspect.getdoc(kind) or ""), "")
        meanings = attribute_docs(kind)
        rows = [
            (f"`{field.name}`", f"`{field.type}`", meanings.get(field.name, "")) for field in dataclasses.fields(kind)
        ]
        yield from table(("member", "type", "meaning"), rows)
    yield from ("## A lexical segment", "", markdown(inspect.getdoc(Columns) or ""), "")
    columns = [(f"`{field.name}`", f"`{field.type}`") for field in dataclasses.fields(Columns)]
    yield from table(("column", "type"), columns)


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "http.md": http_page,
    "problems.md": problems_page,
    "python.md": python_page,
    "index-format.md": index_format_page,
}


def write_pages(folder: Path) -> None:
    """Write every page into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(page())).rstrip() + "\n"
        (folder / name).write_text(text, encoding="utf-8")


def main() -> None:
    """Write the pages, or with ``--check`` compare them with those that are there."""
    if "--check" not in sys.argv[1:]:
        write_pages(REFERENCE)
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        write_pages(Path(folder))
        stale = [
            name
            for name in PAGES
            if not (REFERENCE / name).is_file()
            or (REFERENCE / name).read_text(encoding="utf-8") != (Path(folder) / name).read_text(encoding="utf-8")
        ]
    if stale:
        sys.exit(f"Not what the code says: {', '.join(stale)}. Run `make reference` and commit the pages.")


if __name__ == "__main__":
    main()
