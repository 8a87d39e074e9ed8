"""Which settings there are, what they are when nobody sets them, and which values they may have.

Every field below is a key of ``arsearch.toml`` and, in capitals after ``ARSEARCH_``, an environment variable.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args, get_origin

from arsearch.article_fields import OwnFields, parse_own_fields
from arsearch.errors import SettingsError
from arsearch.settings.check import check_values
from arsearch.settings.page import PageSettings

__all__ = [
    "BUNDLED_ENCODER", "FAST_ENCODER", "TYPES", "BackendName", "DateOrder", "Digits", "Duplicates", "Fusion",
    "LogFormat", "LogLevel", "Mode", "Settings", "VectorStorage", "parts_of",
]  # fmt: skip

BUNDLED_ENCODER = "bundled"
"""The transformer that ships with arsearch."""
FAST_ENCODER = "fast"
"""The static encoder that ships with arsearch: hundreds of times faster, and weaker."""

BackendName = Literal["local", "opensearch"]
DateOrder = Literal["", "dmy", "mdy", "ymd"]
Digits = Literal["arabic", "latin"]
Duplicates = Literal["group", "separate"]
Fusion = Literal["convex", "rrf"]
LogFormat = Literal["json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]
Mode = Literal["hybrid", "lexical", "semantic"]
VectorStorage = Literal["int8", "float16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PageSettings):
    """What can be set. Limits count Unicode code points, words or documents, as their names say."""

    index: Path = Path("index")
    """Directory of the index."""

    backend: BackendName = "local"
    """Where the index is: ``local``, in the directory above, or ``opensearch``, on a cluster."""

    opensearch_url: tuple[str, ...] = ("http://127.0.0.1:9200",)
    """Addresses of the nodes of the cluster, all of them, separated by commas: of one that stands still others are
    asked."""

    opensearch_index: str = "arsearch"
    """Name of the index on the cluster."""

    opensearch_user: str = ""
    """User of the cluster; empty if it needs none."""

    opensearch_password: str = dataclasses.field(default="", repr=False)
    """Password of the user. Set it in the environment rather than in a file."""

    opensearch_ca: str = ""
    """File with the certificates that the cluster's certificate is checked with; empty means those of certifi."""

    opensearch_certificate: str = ""
    """File with the certificate of this client, if the cluster requires one."""

    opensearch_key: str = ""
    """File with the key of that certificate."""

    opensearch_shards: int = 1
    """Shards of a new index on the cluster."""

    opensearch_replicas: int = 1
    """Copies of each shard besides the first; 0 if there is one node."""

    opensearch_timeout_seconds: float = 10.0
    """Longest time for a request to the cluster, whichever nodes are asked; for what writes, on each node."""

    opensearch_exact_passages: int = 100_000
    """Most passages of an index on a cluster without the k-NN plugin, where each query compares them all."""

    opensearch_share_commits: bool = True
    """Whether the cluster keeps the files of commits too, so that every machine can write; that takes about as much
    room again."""

    shared_embedding: bool = False
    """Whether to embed passages together with every ``arsearch embed`` that works for the cluster."""

    embedding_lease_seconds: int = 600
    """How long a worker may take for 256 passages before another worker takes them too."""

    model: str = ""
    """Encoder to index with: ``bundled`` (the transformer that ships with arsearch), ``fast`` (the static encoder that
    ships with it: some hundred times faster, and weaker), or the name or path of any sentence-transformers model. Empty
    means the encoder the index was made with, and ``bundled`` for a new index."""

    mode: Mode = "hybrid"
    """How to answer a query that does not say: ``hybrid``, ``lexical`` or ``semantic``."""

    fusion: Fusion = "convex"
    """How hybrid merges its two sides: ``convex`` or ``rrf``."""

    semantic_weight: float = 1.0
    """Weight of meaning in convex fusion, as a multiple of the weight that was measured for the encoder when
    indexing."""

    semantic_floor: float = 3.0
    """Least cosine of an article that shares no word with the query, in standard deviations above the query's cosine
    with unrelated texts. It is higher where words without meaning would find something otherwise."""

    semantic_candidates: int = 200
    """Articles that the semantic side proposes for a query."""

    rescored_candidates: int = 200
    """Candidates that are rescored with all features of the ranking."""

    freshness: float = 0.0
    """Half-life of what it counts that an article is new, in days; 0 means that its date counts nothing."""

    freshness_weight: float = 2.0
    """What it counts at most that an article is new, in log-odds; a word that only one of two articles has counts some
    five to ten."""

    reranker: str = ""
    """Name or path of a cross-encoder that orders the first hits; empty means none."""

    reranked_candidates: int = 20
    """Hits that the cross-encoder orders."""

    passage_words: int = 100
    """Length of an embedded passage, in words."""

    passage_articles: int = 50
    """Best articles whose passages are compared where passages are asked for."""

    passage_diversity: float = 0.0
    """How unlike each other passages shall be, unless the request says: from 0, the best whatever they say, to 1."""

    exact_totals: int = 200_000
    """Articles in an index up to which the number of results is always exact. In a larger index, matches that cannot be
    among the best may be passed over and not counted, unless facets or a sort by date need all of them."""

    vector_storage: VectorStorage = "int8"
    """How vectors are stored when indexing: ``int8``, or ``float16`` for twice the space and three exact digits."""

    exact_vectors: int = 300_000
    """Passages up to which every vector is compared with the query; in a larger index, only those of the nearest
    clusters. Used when indexing."""

    synonyms: str = "synonyms.txt"
    """File of synonyms in Solr's format. The default file is read if it exists. Changes take effect by themselves."""

    curations: str = "curations.txt"
    """File that pins articles for queries and blocks others. The default file is read if it exists. Changes take
    effect by themselves."""

    snippet_words: int = 40
    """Length of a snippet, in words."""

    page_size: int = 10
    """Hits on a page, unless the request says otherwise."""

    max_page_size: int = 100
    """Most hits on a page."""

    max_export: int = 1_000
    """Most results in a file that is downloaded from the pages."""

    max_depth: int = 10_000
    """Deepest hit that pages reach (page × size); cursors go on from there."""

    max_query_characters: int = 1_000
    """Longest query, in characters."""

    max_query_words: int = 64
    """Most words of a query that are searched."""

    max_query_ms: int = 5_000
    """Longest time for a query, in milliseconds, and as long again for waiting until it begins. If the time is up, the
    answer has what was found, where that is possible."""

    max_prefix_words: int = 4_096
    """Most words that a prefix in a query (``بيت*``) stands for."""

    max_expansions: int = 128
    """Most words that a prefix stands for when a title is completed."""

    fields: tuple[str, ...] = ()
    """Names that fields have in the corpus, as ``NAME=FIELD``: ``content=body``; or the table ``[fields]``."""

    extra_fields: tuple[str, ...] = ()
    """Fields of your own that articles keep, as ``NAME=KIND`` (``keyword``, ``number``, ``date`` or ``text``):
    ``country=keyword``; or the table ``[fields.extra]``. Used when indexing."""

    date_order: DateOrder = ""
    """Order of the parts of dates such as ``03/04/21``: ``dmy``, ``mdy`` or ``ymd``. Empty means that the day comes
    first where the year has four digits, and that other dates count only if they can be read in one way."""

    withhold_future: bool = False
    """Whether to leave out articles with a date to come. They come in when their file is read again."""

    obey_noindex: bool = False
    """Whether to leave out pages that ask search engines not to index them."""

    ids_by_file: bool = False
    """Whether the path of the file goes before the ids that its records name, where several files use the same."""

    word_comments: bool = False
    """Whether comments in the margin of Word and OpenDocument texts are indexed."""

    table: str = ""
    """Table, or query (``SELECT …``), that gives the articles of a database, and sheet of a workbook. Empty means every
    one that has a body."""

    keep_boilerplate: bool = False
    """Whether to keep the boilerplate of pages (menus, share buttons, notices) in articles."""

    duplicates: Duplicates = "group"
    """``group``: articles that say the same are found once; ``separate``: each is found by itself."""

    duplicate_similarity: float = 0.8
    """Share of three-word sequences that two articles must have in common to say the same."""

    max_record_mb: int = 16
    """Largest record of a corpus, in MiB: a line, a page, or a file that is one article."""

    follow_links: bool = False
    """Whether symbolic links that lead out of a source are followed, to files and to folders."""

    max_expansion: int = 200
    """How many times its own size a compressed file may become."""

    document_seconds: float = 10.0
    """Processor time that reading a file may take, in seconds, and six times as much for each MiB of the file."""

    document_memory_mb: int = 512
    """Memory that reading a file may take, in MiB, and 32 times the size of the file."""

    keep_commits: int = 2
    """Commits kept on disk, the live one included; ``arsearch rollback`` can serve the others."""

    memory_mb: int = 256
    """Memory that the lexical writer fills before it writes to disk, in MiB."""

    index_processes: int = 0
    """Processes that index articles together, at most 2; with 0, two where there are two processors and much to do."""

    digits: Digits = "arabic"
    """Digits on the Arabic pages, unless the reader chooses: ``arabic`` (٠١٢) or ``latin`` (012)."""

    max_filter_values: int = 100
    """Most values of one filter."""

    request_seconds: float = 30.0
    """How long a request may take to arrive whole, in seconds."""

    max_searches: int = 20
    """Most searches in one batch."""

    max_embeddings: int = 64
    """Most texts that one request embeds."""

    openai_embeddings: bool = False
    """Whether ``/v1/embeddings`` gives vectors in the shape of OpenAI's API."""

    cors_origins: tuple[str, ...] = ()
    """Origins whose scripts may ask the API from a browser (CORS), separated by commas; ``*`` means any, empty means
    none."""

    host: str = "127.0.0.1"
    """Address the server listens on."""

    port: int = 8000
    """Port the server listens on."""

    mcp_port: int = 8001
    """Port that ``arsearch mcp --http`` listens on."""

    workers: int = 2
    """Server processes, where the platform can fork."""

    max_address_kb: int = 64
    """Longest address (path and parameters), in KiB."""

    max_body_kb: int = 256
    """Largest body of a request, in KiB."""

    max_write_mb: int = 32
    """Largest body of a request that writes articles, in MiB."""

    max_writes: int = 10_000
    """Most articles that one request writes or deletes."""

    max_pending_writes: int = 20_000
    """Articles that may wait for being indexed; more writes are told to come back later."""

    max_running_requests: int = 2
    """Requests that one server process works on at once."""

    max_waiting_requests: int = 64
    """Most requests that wait for their turn in one server process; the server answers 503 to the rest."""

    rate_limit: str = "1200/minute"
    """Most requests of one client: a number and a unit of time, or several separated by semicolons; ``none`` means no
    limit. Every server process counts for itself, unless they share a storage."""

    rate_limit_storage: str = "memory://"
    """Where requests are counted: ``memory://``, or ``redis://HOST:PORT`` for all processes and machines together."""

    rate_limit_exempt: tuple[str, ...] = ("127.0.0.0/8", "::1")
    """Addresses and networks whose requests are not counted."""

    trusted_proxies: tuple[str, ...] = ()
    """Proxies whose ``X-Forwarded-*`` headers count: their addresses and networks, or their number; empty means
    none."""

    trusted_hosts: tuple[str, ...] = ()
    """Host names the server answers to besides ``localhost``, separated by commas; ``.example.org`` means any name
    under it, empty means any name."""

    tokens: str = ""
    """File of tokens (``arsearch token create``). If it is set, the API and ``/metrics`` require a token."""

    log_format: LogFormat = "json"
    """Format of the server's log, one line an event: ``json`` or ``text``."""

    log_level: LogLevel = "info"
    """Least level that is logged: ``debug``, ``info``, ``warning`` or ``error``."""

    access_log: bool = True
    """Whether to log a line for every request, without its query."""

    slow_query_ms: int = 1_000
    """Time from which a query is logged with its words, in milliseconds; 0 means never."""

    insights: bool = False
    """Whether the server counts what readers look for. Nobody can tell from the counts who did."""

    insights_file: str = "insights.sqlite"
    """File of the counts."""

    insights_readers: int = 5
    """Readers who have to ask a query in one week before it is written down and shown."""

    insights_days: int = 90
    """How long counts are kept, in days."""

    cached_answers: int = 2_000
    """Most answers that one server process keeps; 0 means none."""

    cached_answers_mb: int = 64
    """Memory for those answers, in MiB."""

    cached_embeddings: int = 10_000
    """Most queries whose vectors are kept; 0 means none."""

    shutdown_seconds: int = 30
    """Time that a stopping server gives to running requests, in seconds."""

    @property
    def own_fields(self) -> OwnFields:
        """The fields that ``extra_fields`` declares."""
        return parse_own_fields(self.extra_fields)

    def __post_init__(self) -> None:
        for name, kind in TYPES.items():
            if get_origin(kind) is tuple:
                object.__setattr__(self, name, parts_of(getattr(self, name)))
        try:
            parse_own_fields(self.extra_fields)
        except ValueError as error:
            raise SettingsError(f"The setting extra_fields (or the table [fields.extra]) is wrong: {error}.") from None
        self.check_pages()
        check_values({field.name: getattr(self, field.name) for field in dataclasses.fields(self)}, _CHOICES)


TYPES = typing.get_type_hints(Settings)
_CHOICES = {name: get_args(kind) for name, kind in TYPES.items() if get_origin(kind) is Literal}


def parts_of(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return the parts of a list, or of a text with commas between; blank ones are none."""
    parts = re.split("[,،]", value) if isinstance(value, str) else value
    return tuple(part.strip() for part in parts if part.strip())
