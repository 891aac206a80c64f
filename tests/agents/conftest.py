"""Fixtures of the tests that drive the real OpenCode."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from director.agents.opencode.backend import opencode
from director.agents.opencode.serve import OpenCodeServe
from tests.agents.model_server import ModelServer
from tests.agents.opencode import SCRIPTS, Bench, make_bench, options_for, surroundings
from tests.agents.programs import ripgrep_directory


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    """A model server with the scripts of OpenCode's tests."""
    with ModelServer(SCRIPTS) as server:
        yield server


@pytest.fixture(scope="module")
def served(server: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenCodeServe]:
    """One OpenCode server for all tests of a module; it is started by the first that needs it."""
    root = tmp_path_factory.mktemp("served")
    backend = OpenCodeServe(surroundings(server, root, options_for(server, "serve")))
    yield backend
    backend.close()


@pytest.fixture(params=["serve", "run"])
def mode(request: pytest.FixtureRequest) -> str:
    """How OpenCode is driven; a module that tests one mode alone overrides it."""
    return str(request.param)


@pytest.fixture
def bench(
    mode: str, server: ModelServer, served: OpenCodeServe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A repository and a backend in one of the modes."""
    server.asked.clear()
    monkeypatch.setenv("PATH", os.pathsep.join(filter(None, (os.environ["PATH"], ripgrep_directory()))))
    backend = served if mode == "serve" else opencode(surroundings(server, tmp_path, options_for(server, mode)))
    bench = make_bench(mode, server, tmp_path, backend)
    yield bench
    bench.close()
