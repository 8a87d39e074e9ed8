"""The retrievers against the real frameworks, on an index of this machine and on a server.

No framework is part of the development installation: together they bring seventy packages. `make test-frameworks`
runs these tests with all three.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arsearch import Searcher
from arsearch.client import Client
from arsearch.search.passages.results import PassageResults

from ..web.conftest import Site, serving

QUESTION = "من ترجم في بيت الحكمة؟"
pytestmark = pytest.mark.filterwarnings("default")  # what frameworks warn of is theirs


@pytest.fixture(scope="module")
def site(corpus_index: Path) -> Iterator[Site]:
    with serving(corpus_index) as site:
        yield site


@pytest.fixture(params=["index", "server"])
def source(request: pytest.FixtureRequest, searcher: Searcher, site: Site) -> Iterator[Any]:
    if request.param == "index":
        yield searcher
        return
    with Client(site.address) as client:
        yield client


@pytest.fixture(scope="module")
def expected(searcher: Searcher) -> PassageResults:
    return searcher.passages(QUESTION, limit=3, neighbours=1)


def needs(module: str, extra: str) -> Any:
    reason = f'needs the extra {extra}: pip install "arsearch[{extra}]", or make test-frameworks'
    return pytest.importorskip(module, reason=reason)


def test_langchain(source: Any, expected: PassageResults) -> None:
    needs("langchain_core", "langchain")
    from langchain_core.retrievers import BaseRetriever

    from arsearch.frameworks.langchain import LangChainRetriever

    retriever = LangChainRetriever(source=source, k=3, options={"neighbours": 1})
    assert isinstance(retriever, BaseRetriever)
    documents = retriever.invoke(QUESTION)
    assert [document.page_content for document in documents] == [each.context.text for each in expected if each.context]
    assert [document.metadata["article_id"] for document in documents] == [each.article_id for each in expected]
    assert len(retriever.invoke(QUESTION, k=1)) == 1
    [answers] = (retriever | (lambda found: [document.id for document in found])).batch([QUESTION])
    assert answers == [document.id for document in documents]


def test_llama_index(source: Any, expected: PassageResults, searcher: Searcher) -> None:
    needs("llama_index.core", "llama-index")
    from llama_index.core.schema import MetadataMode, QueryBundle

    from arsearch.frameworks.llama_index import LlamaIndexRetriever

    retriever = LlamaIndexRetriever(source, similarity_top_k=3, neighbours=1)
    nodes = retriever.retrieve(QUESTION)
    assert [node.text for node in nodes] == [each.context.text for each in expected if each.context]
    assert [node.score for node in nodes] == pytest.approx([each.score for each in expected], abs=1e-6)
    assert "fragment" not in nodes[0].get_content(MetadataMode.LLM)
    assert nodes[0].metadata["title"] in nodes[0].get_content(MetadataMode.LLM)
    [vector] = searcher.embed([QUESTION])
    with_vector = retriever.retrieve(QueryBundle(QUESTION, embedding=vector.tolist()))
    assert [node.node_id for node in with_vector] == [node.node_id for node in nodes]


def test_haystack(corpus_index: Path, site: Site, expected: PassageResults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAYSTACK_TELEMETRY_ENABLED", "False")
    haystack = needs("haystack", "haystack")
    from haystack.utils import Secret

    from arsearch.frameworks.haystack import HaystackRetriever

    monkeypatch.setenv("ARSEARCH_TEST_TOKEN", "arsearch_any")
    for place in (
        {"index": str(corpus_index)},
        {"url": site.address, "token": Secret.from_env_var("ARSEARCH_TEST_TOKEN")},
    ):
        retriever = HaystackRetriever(top_k=3, options={"neighbours": 1}, **place)
        pipeline = haystack.Pipeline()
        pipeline.add_component("retriever", retriever)
        again = haystack.Pipeline.loads(pipeline.dumps(), allowed_modules=["arsearch.frameworks.haystack"])
        for each in (pipeline, again):
            documents = each.run({"retriever": {"query": QUESTION}})["retriever"]["documents"]
            assert [document.content for document in documents] == [one.context.text for one in expected if one.context]
            assert documents[0].meta["article_id"] == expected.passages[0].article_id
            assert len(each.run({"retriever": {"query": QUESTION, "top_k": 1}})["retriever"]["documents"]) == 1
            each.get_component("retriever").close()
    with pytest.raises(Exception, match="one of both"):
        HaystackRetriever().run(QUESTION)


def test_an_openai_client_gets_the_vectors(corpus_index: Path, searcher: Searcher) -> None:
    openai = needs("openai", "haystack")
    with serving(corpus_index, openai_embeddings=True) as site:
        client = openai.OpenAI(base_url=f"{site.address}/v1", api_key="any")
        try:
            answer = client.embeddings.create(model="arsearch", input=["بيت الحكمة", "ماء"])
            vectors = [each.embedding for each in answer.data]
            assert np.allclose(vectors, searcher.embed(["بيت الحكمة", "ماء"], "passage"), atol=1e-6)
            with pytest.raises(openai.BadRequestError, match="dimensions"):
                client.embeddings.create(model="arsearch", input="ماء", dimensions=7)
        finally:
            client.close()
