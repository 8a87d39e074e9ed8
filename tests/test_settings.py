from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from arsearch.errors import SettingsError
from arsearch.settings import CONFIG_FILE, Settings, load_settings

MAY_BE_ZERO = ["cached_answers", "cached_answers_mb", "cached_embeddings", "max_waiting_requests", "slow_query_ms"]
MAY_BE_ZERO += ["index_processes", "opensearch_replicas"]
WHOLE_NUMBERS = [field.name for field in dataclasses.fields(Settings) if type(field.default) is int]
NUMBERS = [field.name for field in dataclasses.fields(Settings) if isinstance(field.default, (int, float))]
LISTS = [field.name for field in dataclasses.fields(Settings) if isinstance(field.default, tuple)]
TEXTS = [field.name for field in dataclasses.fields(Settings) if isinstance(field.default, str)]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def toml(text: str) -> Path:
    path = Path("given.toml")
    path.write_text(text, encoding="utf-8")
    return path


def refused(text: str) -> str:
    with pytest.raises(SettingsError) as error:
        load_settings(config=toml(text), environ={})
    return str(error.value)


def test_without_anything_given_the_defaults_hold() -> None:
    assert load_settings(environ={}) == Settings()


def test_a_maintainer_overrides_the_file_by_the_environment_and_both_by_flags() -> None:
    config = toml("page_size = 20\nport = 20\nworkers = 20\n")
    environ = {"ARSEARCH_PORT": "30", "ARSEARCH_WORKERS": "30"}
    settings = load_settings({"workers": 40}, config=config, environ=environ)
    assert (settings.max_page_size, settings.page_size, settings.port, settings.workers) == (100, 20, 30, 40)


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert load_settings({"port": None}, config=toml("port = 20"), environ={}).port == 20


def test_the_file_of_the_current_directory_is_read() -> None:
    Path(CONFIG_FILE).write_text("port = 20", encoding="utf-8")
    assert load_settings(environ={}).port == 20


def test_a_given_file_is_read_instead_of_that_of_the_current_directory() -> None:
    Path(CONFIG_FILE).write_text("port = 20\npage_size = 20", encoding="utf-8")
    settings = load_settings(config=toml("port = 30"), environ={})
    assert (settings.port, settings.page_size) == (30, Settings().page_size)


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARSEARCH_PORT", "20")
    assert load_settings().port == 20


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: str(field.name))
def test_every_setting_can_be_given_in_each_place(field: dataclasses.Field[Any]) -> None:
    choices = {"mode": "lexical", "fusion": "rrf", "vector_storage": "float16", "duplicates": "separate"}
    choices |= {"digits": "latin", "log_format": "text", "log_level": "error", "backend": "opensearch"}
    choices |= {"date_order": "mdy"}
    choices |= {"extra_fields": "other=keyword"}
    choices |= {"accent": "#a01020", "display_names": "section:x=y", "months": "levant", "sort": "oldest"}
    value = choices.get(field.name, "other")
    expected: object = Path(value) if field.name == "index" else (value,) if field.name in LISTS else value
    if field.name in NUMBERS:
        value, expected = "1", 1
    if isinstance(field.default, bool):
        value, expected = "true", True
    quoted = value if field.name in NUMBERS or isinstance(field.default, bool) else f'"{value}"'
    environment = {f"ARSEARCH_{field.name.upper()}": value}
    assert getattr(load_settings(config=toml(f"{field.name} = {quoted}"), environ={}), field.name) == expected
    assert getattr(load_settings(environ=environment), field.name) == expected
    assert getattr(load_settings({field.name: value}, environ={}), field.name) == expected


def test_values_have_the_type_of_their_setting() -> None:
    settings = load_settings({"index": "there"}, environ={"ARSEARCH_SEMANTIC_WEIGHT": "2", "ARSEARCH_PORT": "80"})
    assert settings.index == Path("there")
    assert isinstance(settings.semantic_weight, float)
    assert isinstance(settings.port, int)


def test_a_path_may_be_given_as_a_path() -> None:
    settings = load_settings({"index": Path("there"), "model": Path("models/e5")}, environ={})
    assert (settings.index, settings.model) == (Path("there"), str(Path("models/e5")))


def test_other_variables_of_the_environment_are_left_alone() -> None:
    assert load_settings(environ={"PORT": "x", "ARSEARCH_OTHER": "x"}) == Settings()


@pytest.mark.parametrize("name", ["backend", "mode", "fusion", "vector_storage", "digits"])
def test_a_choice_outside_the_list_is_refused_by_name_with_the_list(name: str) -> None:
    message = refused(f'{name} = "x"')
    assert name in message
    choices = {
        "backend": "local, opensearch",
        "mode": "hybrid, lexical, semantic",
        "fusion": "convex, rrf",
        "vector_storage": "int8, float16",
        "digits": "arabic, latin",
    }
    assert choices[name] in message


@pytest.mark.parametrize("name", [name for name in WHOLE_NUMBERS if name not in ("port", *MAY_BE_ZERO)])
@pytest.mark.parametrize("value", [0, -1])
def test_a_whole_number_below_one_is_refused_by_name(name: str, value: int) -> None:
    assert f"The setting {name} is {value}" in refused(f"{name} = {value}")


@pytest.mark.parametrize("name", MAY_BE_ZERO)
def test_where_zero_means_none_only_less_is_refused_by_name(name: str) -> None:
    assert getattr(load_settings(config=toml(f"{name} = 0"), environ={}), name) == 0
    assert f"The setting {name} is -1" in refused(f"{name} = -1")


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    assert f"The setting port is {port}" in refused(f"port = {port}")


@pytest.mark.parametrize("port", [0, 65535])
def test_the_first_and_the_last_port_are_allowed(port: int) -> None:
    assert load_settings({"port": port}, environ={}).port == port


@pytest.mark.parametrize("value", ["-0.1", "nan", "inf", "-inf"])
def test_a_weight_that_is_no_weight_is_refused(value: str) -> None:
    assert "The setting semantic_weight is" in refused(f"semantic_weight = {value}")


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_floor_that_is_no_number_is_refused(value: str) -> None:
    assert "The setting semantic_floor is" in refused(f"semantic_floor = {value}")


def test_a_weight_of_zero_and_floors_at_the_ends_are_allowed() -> None:
    assert load_settings(config=toml("semantic_weight = 0\nsemantic_floor = -1"), environ={}).semantic_weight == 0.0
    assert Settings(semantic_weight=0, semantic_floor=-1).semantic_weight == 0.0


@pytest.mark.parametrize("name", WHOLE_NUMBERS)
@pytest.mark.parametrize("value", ['"x"', '""', "1.5", "true", "[1]", "{a = 1}", "inf", "2015-07-21"])
def test_a_value_that_is_no_whole_number_is_refused_by_name(name: str, value: str) -> None:
    message = refused(f"{name} = {value}")
    assert f"The setting {name} in given.toml" in message
    assert "int" in message


@pytest.mark.parametrize("name", ["semantic_weight", "semantic_floor"])
@pytest.mark.parametrize("value", ['"x"', "true", "[1]", "9" * 400], ids=["text", "bool", "list", "too large"])
def test_a_value_that_is_no_number_is_refused_by_name(name: str, value: str) -> None:
    assert f"The setting {name} in given.toml" in refused(f"{name} = {value}")


@pytest.mark.parametrize("name", [*TEXTS, "index"])
@pytest.mark.parametrize("value", ["5", "1.5", "true", "[1]"])
def test_a_value_that_is_no_text_is_refused_by_name(name: str, value: str) -> None:
    assert f"The setting {name} in given.toml" in refused(f"{name} = {value}")


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="environment variable ARSEARCH_PORT"):
        load_settings(environ={"ARSEARCH_PORT": "x"})


def test_a_bad_flag_is_named() -> None:
    with pytest.raises(SettingsError, match="the flag --page-size"):
        load_settings({"page_size": "x"}, environ={})


def test_an_unknown_flag_is_named() -> None:
    with pytest.raises(SettingsError, match="no setting colour"):
        load_settings({"colour": "red"}, environ={})


def test_an_unknown_name_in_the_file_is_named_with_the_known_ones() -> None:
    message = refused("pagesize = 10")
    assert "pagesize" in message
    assert "page_size" in message


@pytest.mark.parametrize("text", ["port = ", "= 1", "port = 1\nport = 2"])
def test_a_file_that_is_not_toml_is_named(text: str) -> None:
    assert "given.toml" in refused(text)


def test_a_file_that_is_not_utf_8_is_named() -> None:
    Path("given.toml").write_bytes(b'host = "\xff"')
    with pytest.raises(SettingsError, match=r"given\.toml"):
        load_settings(config=Path("given.toml"), environ={})


def test_a_given_file_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings(config=Path("nowhere.toml"), environ={})


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert load_settings(environ={"ARSEARCH_INDEX": ""}).index == Settings().index


def test_a_password_is_not_shown_with_the_settings() -> None:
    assert "secret-word" not in repr(Settings(opensearch_password="secret-word"))


@pytest.mark.parametrize("name", [name for name in LISTS if name not in ("fields", "extra_fields", "display_names")])
def test_a_list_is_given_as_a_list_or_with_commas(name: str) -> None:
    expected = ("one", "two")
    assert getattr(load_settings(config=toml(f'{name} = ["one", "two"]'), environ={}), name) == expected
    assert getattr(load_settings(config=toml(f'{name} = "one، two"'), environ={}), name) == expected
    assert getattr(load_settings(environ={f"ARSEARCH_{name.upper()}": " one,, two "}), name) == expected
    given: dict[str, Any] = {name: "one, two"}
    assert getattr(Settings(**given), name) == expected
    assert "it must be a list of texts" in refused(f"{name} = [1]")


def test_how_many_proxies_there_are_may_be_a_number() -> None:
    assert load_settings(config=toml("trusted_proxies = 2"), environ={}).trusted_proxies == ("2",)


def test_own_fields_are_declared_in_a_table_of_the_file_or_in_the_environment() -> None:
    settings = load_settings(
        config=toml(
            '[fields]\ncontent = "body"\n"البلد" = "country"\n[fields.extra]\ncountry = "keyword"\npages = "number"'
        ),
        environ={},
    )
    assert settings.fields == ("content=body", "البلد=country")
    assert [(field.name, field.kind) for field in settings.own_fields] == [("country", "keyword"), ("pages", "number")]
    assert load_settings(environ={"ARSEARCH_EXTRA_FIELDS": "a=text, b=date"}).extra_fields == ("a=text", "b=date")
    assert load_settings(config=toml('fields = "content=body, kicker=title"'), environ={}).fields == (
        "content=body", "kicker=title",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[fields.extra]\nauthor = "keyword"', "'author' has a meaning already; choose another"),
        ('[fields.extra]\nTags = "keyword"', "'Tags' has a meaning already"),
        ('[fields.extra]\n"كاتب" = "keyword"', "'كاتب' has a meaning already"),
        ('[fields.extra]\ncountry = "colour"', "choose one of: keyword, number, date, text"),
        ('[fields.extra]\n"two words" = "keyword"', "'two words' is no name for a field; write letters, digits and _"),
        ('[fields.extra]\n_x = "keyword"', "'_x' is no name for a field"),
        ("[fields.extra]\npages = 3", "pages is 3; write a text, in quotes"),
        ("[fields]\ncontent = 3", "content is 3; write a text, in quotes"),
        ('extra_fields = "country"', "'country' is not NAME=KIND; write country=keyword"),
        ('extra_fields = "a=text, a=date"', "'a' is declared twice"),
        ('extra_fields = "a=text"\n[fields.extra]\nb = "date"', "declare all of them in the latter"),
    ],
)
def test_a_wrong_declaration_is_told_with_what_to_do(text: str, said: str) -> None:
    assert said in refused(text)
