"""doit's `run` for plain `doit`: with a graph of ours it builds as director does, with any other as doit does."""

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from doit.cmd_run import Run as DoitRun

from director.core.errors import DirectorError, ExitCode
from director.job.places import DEFAULT_AGENTS
from director.tasks.build import BuildOptions, build
from director.tasks.graph import Graph

RECORD = {
    "name": "record",
    "long": "record",
    "type": str,
    "default": "",
    "help": "record the agents' answers in this cassette (with a graph of director's)",
}
"""The option of plain doit that director's own commands have too."""


class OneRun:
    """A reporter that takes the phases of a build for one run: doit's own cannot begin again once a run is complete."""

    def __init__(self, reporter: Any) -> None:
        self._reporter = reporter
        self._has_begun = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reporter, name)

    def initialize(self, tasks: Any, selected: Any) -> None:
        """Begin with the first phase."""
        if not self._has_begun and hasattr(self._reporter, "initialize"):
            self._reporter.initialize(tasks, selected)
        self._has_begun = True

    def complete_run(self) -> None:
        """A phase is over; another one may follow."""

    def end(self) -> None:
        """The build is over."""
        self._reporter.complete_run()


class Run(DoitRun):  # type: ignore[misc]
    """Run tasks; registered as a plug-in under doit's own name for it."""

    name = "run"
    cmd_options = (*DoitRun.cmd_options, RECORD)

    def _execute(
        self,
        outfile: Any,
        verbosity: Any = None,
        always: bool = False,
        continue_: bool = False,
        reporter: Any = "console",
        num_process: int = 0,
        par_type: str = "process",
        single: bool = False,
        auto_delayed_regex: bool = False,
        force_verbosity: bool = False,
        failure_verbosity: int = 0,
        pdb: bool = False,
        record: str = "",
    ) -> Any:
        graph = self._graph()
        if graph is None:
            return super()._execute(
                outfile,
                verbosity,
                always,
                continue_,
                reporter,
                num_process,
                par_type,
                single,
                auto_delayed_regex,
                force_verbosity,
                failure_verbosity,
                pdb,
            )
        if record:
            graph.job = replace(graph.job, record=Path(record))
        options = BuildOptions(parallel=num_process or DEFAULT_AGENTS, always=always)
        try:
            with _opened(outfile) as stream:
                shown = OneRun(self._reporter(reporter, stream, failure_verbosity))
                try:
                    code = build(graph, self.sel_tasks or (), reporter=shown, options=options)
                finally:
                    shown.end()
        except DirectorError as error:
            sys.stderr.write(f"error: {error}\n")
            return int(error.exit_code)
        if code is ExitCode.WAITING and not hasattr(shown, "paused"):
            sys.stderr.write("a gate waits for your approval: 'director approve' opens it\n")
        return int(code)

    def _reporter(self, chosen: Any, stream: TextIO, failure_verbosity: int) -> Any:
        """Return the reporter: DOIT_CONFIG gives one that is made, the command line a name."""
        found = self.reporters[chosen] if isinstance(chosen, str) else chosen
        return found(stream, {"failure_verbosity": failure_verbosity}) if isinstance(found, type) else found

    def _graph(self) -> Graph | None:
        namespace = getattr(self.loader, "namespace", None) or {}
        return next((value for value in namespace.values() if isinstance(value, Graph)), None)


def _opened(outfile: Any) -> AbstractContextManager[TextIO]:
    return Path(outfile).open("w", encoding="utf-8") if isinstance(outfile, str) else nullcontext(outfile)
