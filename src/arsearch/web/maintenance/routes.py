"""The page of who looks after the index: what is in it, what the last runs did, what readers look for, and rules."""

from __future__ import annotations

from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from arsearch.backends import choose_backend
from arsearch.errors import InsightsError, QueryError
from arsearch.insights import Report, add_curation, add_synonym, last_runs, report, store_of
from arsearch.settings import Settings
from arsearch.web import metrics
from arsearch.web.access_tokens import MAINTAIN, TokenFile
from arsearch.web.live import live_index
from arsearch.web.pages.preferences import comes_from_elsewhere
from arsearch.web.problems import status_of

__all__ = ["maintenance"]

maintenance = Blueprint("maintenance", __name__, url_prefix="/maintenance")

_RULES = ("pin", "block", "synonym")


@maintenance.before_request
def _admit() -> None:
    """Let in who has a token of the scope ``maintain``; browsers ask for it as a password, the name is anybody's."""
    tokens: TokenFile | None = current_app.extensions["arsearch-tokens"]
    if tokens is None:
        raise NotFound("The page of maintainers takes a token, and no file of tokens is set.")
    authorization = request.authorization
    presented = None
    if authorization is not None:
        presented = authorization.password if authorization.type == "basic" else authorization.token
    token = tokens.find(presented) if presented else None
    if token is None:
        metrics.REFUSED.labels("token").inc()
        raise Unauthorized(
            "A token is needed: give it as the password, with any name.",
            www_authenticate=WWWAuthenticate("basic", {"realm": "arsearch", "charset": "UTF-8"}),
        )
    if MAINTAIN not in token.scopes:
        metrics.REFUSED.labels("token").inc()
        raise Forbidden(f"The token is not good for this: it needs the scope {MAINTAIN}.")
    if request.method == "POST" and comes_from_elsewhere():
        raise Forbidden("Rules are made on the pages of this site.")
    g.token = token.name


@maintenance.get("")
def overview() -> str:
    """Show the state of the index, the last runs, and what readers look for."""
    return _page()


def _page(refused: str = "") -> str:
    settings = live_index().settings
    with closing(choose_backend(settings)) as backend:
        facts, runs = backend.facts(), last_runs(backend.local_directory)
    return render_template(
        "maintenance.html",
        facts=facts,
        degraded=live_index().degraded,
        runs=[_run(run) for run in runs],
        insights=_insights(settings),
        settings=settings,
        done=request.args.get("done", ""),
        refused=refused,
        query="",
        mode=settings.mode,
    )


@maintenance.post("/rules")
def make_rule() -> Response | tuple[str, HTTPStatus]:
    """Pin or block an article for a query, or give the query a synonym; searches obey it at once."""
    settings, form = live_index().settings, request.form
    kind, query, value = form.get("rule", ""), form.get("query", ""), form.get("value", "")
    if kind not in _RULES:
        raise BadRequest(f"Choose one of: {', '.join(_RULES)}.")
    try:
        if kind == "synonym":
            add_synonym(Path(settings.synonyms), query, value)
        else:
            add_curation(Path(settings.curations), query, **{kind: [value]})
    except (InsightsError, QueryError) as error:
        return _page(str(error)), status_of(error)
    return redirect(url_for("maintenance.overview", done=query), 303)


def _insights(settings: Settings) -> Report | None:
    return report(store_of(settings)) if settings.insights else None


def _run(run: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a *run*, with why records were skipped, the commonest reason first."""
    why: dict[str, int] = {}
    for tally in run.get("tallies", ()):
        for reason, count in tally.get("skipped", {}).items():
            why[reason] = why.get(reason, 0) + count
    return run | {"why": sorted(why.items(), key=lambda each: -each[1])}
