"""A cluster for the tests of this folder: started by the first that asks, emptied for each, skipped where none can run.

With ARSEARCH_TEST_CLUSTER=required in the environment a machine that cannot run one fails instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.nodes import Cluster, keep_classes
from tests.cluster.server_files import CannotRunError

_running: list[Cluster] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """Stop the nodes after the last test of this folder; the others have the processors and the memory."""
    yield
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        for cluster in _running:
            cluster.kill()


@pytest.fixture(scope="session")
def running_cluster() -> Iterator[Cluster]:
    """Three real OpenSearch nodes, the same ones for all tests; what one leaves in them the next one sees."""
    try:
        keep_classes()
        cluster = Cluster(nodes=3)
    except CannotRunError as error:
        if os.environ.get("ARSEARCH_TEST_CLUSTER") == "required":
            raise
        pytest.skip(f"no OpenSearch cluster here: {error}")
    with cluster:
        _running.append(cluster)
        yield cluster
    _running.clear()


@pytest.fixture
def cluster(running_cluster: Cluster) -> Cluster:
    """The cluster without any index and with all nodes running."""
    stopped = [node for node in running_cluster.nodes if node.process is None]
    if stopped:
        running_cluster.start(*stopped)
    running_cluster.wipe()
    return running_cluster
