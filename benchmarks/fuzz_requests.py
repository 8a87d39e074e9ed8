"""Requests that nobody would send: what `benchmarks/fuzz_api.py` sends, made from a seed."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["FuzzRequest", "Requests"]

_WORDS = [
    "القهوة", "بغداد", "في", "المدينة", "libya", "3arabi", "hgl]dkm", "لخخلمث", "41٪", "أكتوبر", "2015-07", "بيت*",
    "ا*", '"بيت الحكمة"', "«في بغداد»", "-قهوة", "عنوان:قمر", "كاتب:", "tag:تاريخ", "date:2015..2020", "(", ")", "AND",
    "أو", "<script>", "'; --", "\\", "\0", "\u202e", "\u200f", "%", "&", "#", "{{7*7}}", "${x}", "../../etc/passwd",
]  # fmt: skip
_PARAMETERS: dict[str, list[str]] = {
    "mode": ["hybrid", "lexical", "semantic", "magic", ""],
    "page": ["1", "2", "1000", "1001", "0", "-1", "1.5", "1e9", "٣", "9" * 400, "x", ""],
    "size": ["1", "10", "100", "101", "0", "-5", "NaN", "0x10", ""],
    "sort": ["relevance", "date", "random()", ""],
    "author": ["ليلى الحسن", "x", " ", "*", "\0"],
    "source": ["الرياض", "x" * 5000, ""],
    "section": ["تاريخ", ""],
    "tag": ["تاريخ", "كتب", "'", ""],
    "from": ["2015", "2015-07", "2015-07-21", "2015-13", "2015-02-30", "٢٠١٥", "0000", "yesterday", "9999-12-31", ""],
    "to": ["2020", "2015-02-31", "-1", "2015-7", "٢٠١٥-٠٧-٢١", ""],
    "facets": ["true", "0", "maybe", ""],
    "fields": ["title", "id,title", "body,body", "secret", ",", ""],
    "as_typed": ["1", "no", "2"],
    "operators": ["true", "false", "x"],
    "explain": ["true", "false", "yes", "x"],
    "limit": ["1", "5", "0", "101", "x"],
    "format": ["json", "opensearch", "xml"],
    "id": ["house-of-wisdom", "../..", "a/similar", "", "\0", "x" * 3000],
    "match": ["1", "-1", "x"],
    "unknown": ["1"],
    "": ["x"],
}
_PATHS = [
    "/api/v1/search", "/api/v1/search", "/api/v1/search", "/api/v1/suggest", "/api/v1/article", "/api/v1/similar",
    "/api/v1/articles/house-of-wisdom", "/api/v1/articles/house-of-wisdom/similar", "/api/v1/openapi.json",
    "/api/v1/problems/no-word", "/search", "/suggest", "/article", "/article/house-of-wisdom", "/feed.atom", "/",
    "/opensearch.xml", "/manifest.webmanifest", "/healthz", "/readyz", "/preferences",
]  # fmt: skip
_FAULT_POINTS = [
    "..", "%2e%2e", "%2f", "%00", "etc", "passwd", "similar", "%", "%zz", "%ff", "%c0%af", ";", "x" * 300, "x" * 40_000,
    "%5c", "~", ".", "swagger-ui.css",
]  # fmt: skip
_METHODS = ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "POST", "FOO", "get"]
_HEADERS: dict[str, list[str]] = {
    "If-None-Match": ['W/"x"', "*", '"', "W/", "," * 100],
    "If-Modified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "Thu, 99 Jan 99999 00:00:00 GMT"],
    "Accept-Encoding": ["gzip", "gzip;q=0", "br, *;q=x", ";" * 50],
    "Accept-Language": ["ar", "en", "xx-XX;q=zzz", "*" * 500],
    "Accept": ["text/html", "application/json", "nonsense", "*/*;q=2"],
    "Authorization": ["Bearer x", "Basic !!!", "Bearer", ""],
    "Cookie": ["language=xx; theme=<script>; digits=", "a=" + "b" * 2000, ";;;="],
    "X-Forwarded-For": ["1.2.3.4", "not an address", "::1, ::2"],
    "X-Request-ID": ["abcdefgh", "x\ty", "A" * 300],
    "Origin": ["https://evil.example", "null"],
    "Range": ["bytes=0-1", "bytes=-", "lines=1"],
    "Content-Type": ["application/json", "text/plain", "application/json; charset=latin-1", "multipart/form-data", "x"],
    "Transfer-Encoding": ["identity"],
    "Expect": ["200-ok"],
}
_RARELY, _SOMETIMES, _OFTEN = 0.01, 0.1, 0.5
_DEEP = 200


@dataclass(frozen=True)
class FuzzRequest:
    """A request: *target* is the path with its parameters, as it stands in the request line."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Requests:
    """A source of requests; the same *seed* gives the same ones. *cursors* that were given are used and damaged."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.cursors: list[str] = ["AQ" + "A" * 60]

    def make(self) -> FuzzRequest:
        """Return another request."""
        kind = self._chance.random()
        if kind < 0.45:
            return self._asked_by_address()
        if kind < 0.75:
            return self._asked_by_body()
        if kind < 0.9:
            return self._somewhere()
        return FuzzRequest(self._one(_METHODS), self._asked_by_address().target, self._headers(), self._maybe_body())

    def _asked_by_address(self) -> FuzzRequest:
        pairs = [("q", self._query())] if self._chance.random() < 0.8 else []
        for _ in range(self._chance.randrange(5)):
            name = self._one([*_PARAMETERS, "after", "q"])
            pairs.append((name, self._value(name)))
        joined = "&".join(f"{quote_plus(name)}={self._encoded(value)}" for name, value in pairs)
        return FuzzRequest("GET", f"{self._one(_PATHS)}?{joined}", self._headers())

    def _asked_by_body(self) -> FuzzRequest:
        question = self._question()
        several = self._chance.random() < 0.3
        value: Any = (
            {"searches": [self._question() for _ in range(self._chance.randrange(1, 4))]} if several else question
        )
        if self._chance.random() < _SOMETIMES:
            value = self._anything(0)
        body = json.dumps(value, ensure_ascii=self._chance.random() < _OFTEN).encode("utf-8", "surrogatepass")
        if self._chance.random() < _SOMETIMES:
            body = self._damaged(body)
        if self._chance.random() < _RARELY:
            body += b" " * 2**19
        headers = self._headers() if self._chance.random() < _SOMETIMES else {}
        path = "/api/v1/msearch" if several else "/api/v1/search"
        return FuzzRequest("POST", path, {"Content-Type": "application/json", **headers}, body)

    def _somewhere(self) -> FuzzRequest:
        """Return a request for an address that is none, or nearly one."""
        start = self._one(["/", "/api/v1/", "/api/v1/articles/", "/article/", "/static/", "/api/v1/docs/", "//", "/%"])
        steps = [
            quote(self._query()) if self._chance.random() < _SOMETIMES else self._one(_FAULT_POINTS)
            for _ in range(self._chance.randrange(6))
        ]
        return FuzzRequest("GET", start + "/".join(steps), self._headers())

    def _question(self) -> dict[str, Any]:
        question: dict[str, Any] = {"q": self._query()}
        for _ in range(self._chance.randrange(5)):
            name = self._one([*_PARAMETERS, "after", "q"])
            text = self._value(name)
            question[name] = self._one(
                [text, [text], [text, text], int(text) if text.isdigit() else text, text == "true"]
            )
            if self._chance.random() < _SOMETIMES:
                question[name] = self._anything(0)
        return question

    def _anything(self, depth: int) -> Any:
        kind = self._chance.randrange(9)
        if kind == 0 and depth < 4:
            return {self._query()[:20]: self._anything(depth + 1) for _ in range(self._chance.randrange(4))}
        if kind == 1 and depth < 4:
            return [self._anything(depth + 1) for _ in range(self._chance.randrange(4))]
        if kind == 2:
            nested: Any = 1
            for _ in range(self._chance.randrange(_DEEP)):
                nested = [nested]
            return nested
        return self._one([None, True, False, 0, -1, 1.5, 10**30, -0.0, 1e308, "", "\ud800", self._query(), "x" * 3000])

    def _query(self) -> str:
        pieces = []
        for _ in range(self._chance.randrange(1, 9)):
            kind = self._chance.randrange(8)
            if kind == 0:
                pieces.append("".join(self._character() for _ in range(self._chance.randrange(1, 12))))
            elif kind == 1:
                pieces.append(
                    self._one(["ا", "\u0651", "ـ", "(", '"', self._character()]) * self._chance.randrange(1, 300)
                )
            else:
                pieces.append(self._one(_WORDS))
        return " ".join(pieces) if self._chance.random() < 0.7 else "".join(pieces)

    def _character(self) -> str:
        point = self._chance.choice([self._chance.randrange(0x600, 0x700), self._chance.randrange(sys.maxunicode + 1)])
        return "?" if 0xD800 <= point < 0xE000 else chr(point)

    def _value(self, name: str) -> str:
        if name == "after":
            cursor = self._one(self.cursors)
            return (
                self._damaged(cursor.encode()).decode("utf-8", "replace") if self._chance.random() < _OFTEN else cursor
            )
        return self._query() if name == "q" or self._chance.random() < _SOMETIMES else self._one(_PARAMETERS[name])

    def _encoded(self, value: str) -> str:
        return self._one(["%", "%ff%fe", "%u0644", "+%00"]) if self._chance.random() < 0.02 else quote_plus(value)

    def _damaged(self, raw: bytes) -> bytes:
        """Return *raw* with some bytes changed, left out or repeated."""
        bytes_ = bytearray(raw)
        for _ in range(self._chance.randrange(1, 4)):
            place = self._chance.randrange(len(bytes_) + 1)
            change = self._chance.randrange(3)
            if change == 0:
                bytes_[place:place] = bytes(self._chance.randrange(256) for _ in range(self._chance.randrange(4)))
            else:
                del bytes_[place : place + self._chance.randrange(1, 9) * change]
        return bytes(bytes_)

    def _headers(self) -> dict[str, str]:
        names = self._chance.sample(list(_HEADERS), self._chance.choice([0, 0, 1, 2]))
        return {name: self._one(_HEADERS[name]) for name in names}

    def _maybe_body(self) -> bytes | None:
        return self._chance.randbytes(self._chance.randrange(300)) if self._chance.random() < _OFTEN else None

    def _one(self, choices: list[Any]) -> Any:
        return self._chance.choice(choices)
