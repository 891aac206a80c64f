"""director ui: the report's page, as the job goes on."""

import argparse
import webbrowser
from types import ModuleType

from director.cli.looking import Observer
from director.cli.opening import add_place
from director.cli.paging import page_of
from director.cli.text import say
from director.core.errors import ConfigError, ExitCode
from director.shell import memory

PORT = 8765
EPILOG = """\
The page follows the job, whether a run goes on or not, and says what waits for you. It changes nothing: it shows the
command to type. It is served on 127.0.0.1 alone, where other users of this machine can read it, too. Ctrl-C ends it.
It needs a small server library: pip install 'director-doit[ui]'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "--port", metavar="N", type=_port, default=PORT, help=f"where to listen; 0 takes a free port [{PORT}]"
    )
    parser.add_argument("--open", action="store_true", help="show it in your browser")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Serve the page until Ctrl-C."""
    memory.look_often()
    serving = _serving()
    observer = Observer(args)
    with serving.listen(args.port) as listener:
        address = f"http://{serving.ADDRESS}:{listener.getsockname()[1]}/"
        say(f"the job's page is at {address}; Ctrl-C ends it")
        if args.open and not webbrowser.open(address):
            say("no browser was found: open it yourself")
        serving.serve(serving.Source(page=lambda: page_of(observer), revision=observer.revision), listener)
    return ExitCode.DONE


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port, a number up to 65535")
    return int(text)


def _serving() -> ModuleType:
    try:
        from director.report import serving  # noqa: PLC0415 (what it needs is an extra)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"'director ui' needs the Python module '{error.name}', which is not installed",
            hint="install what it needs: pip install 'director-doit[ui]'",
        ) from error
    return serving
