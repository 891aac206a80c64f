"""doit's `run` for plain `doit`: with a graph of ours it builds as director does, with any other as doit does."""

import sys
from typing import Any

from doit.cmd_run import Run as DoitRun

from director.core.errors import DirectorError
from director.tasks.build import DEFAULT_PARALLEL, BuildOptions, build
from director.tasks.graph import Graph


class Run(DoitRun):  # type: ignore[misc]
    """Run tasks; registered as a plug-in under doit's own name for it."""

    name = "run"

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
        chosen = self.reporters[reporter] if isinstance(reporter, str) else reporter
        shown = chosen(sys.stdout, {"failure_verbosity": failure_verbosity}) if isinstance(chosen, type) else chosen
        options = BuildOptions(parallel=num_process or DEFAULT_PARALLEL, always=always)
        try:
            return int(build(graph, self.sel_tasks or (), reporter=shown, options=options))
        except DirectorError as error:
            sys.stderr.write(f"error: {error}\n")
            return int(error.exit_code)

    def _graph(self) -> Graph | None:
        namespace = getattr(self.loader, "namespace", None) or {}
        return next((value for value in namespace.values() if isinstance(value, Graph)), None)
