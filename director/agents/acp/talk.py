"""The conversation with an agent: open a session, ask once, answer what it asks for, and take leave."""

import asyncio
import threading
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

from acp import AGENT_METHODS, CLIENT_METHODS, PROTOCOL_VERSION, RequestError, text_block
from acp.connection import Connection
from acp.schema import (
    CancelNotification,
    ClientCapabilities,
    Implementation,
    InitializeRequest,
    NewSessionRequest,
    PromptRequest,
    RequestPermissionRequest,
    RequestPermissionResponse,
    SetSessionConfigOptionSelectRequest,
    SetSessionModeRequest,
)
from pydantic import BaseModel

from director import __version__
from director.agents.acp.messages import Hello, Params, Session, Tool
from director.agents.acp.rights import answer, is_allowed, mode_for
from director.agents.acp.updates import Updates
from director.agents.acp.wire import LOOK_SECONDS, Wire
from director.agents.driving.lines import Lines
from director.agents.driving.loose import read_value
from director.agents.driving.watch import Fault, Watch
from director.core.errors import AgentError, ConfigError
from director.core.roles import Permission
from director.shell import processes

CANCEL_SECONDS = 3.0
"""How long an agent has to say that it was cancelled, before it is ended."""
SET_MODEL = "session/set_model"
"""Not in the protocol's schema, but what agents understand whose models are no setting."""
_SHOWN_MODELS = 5


@dataclass(frozen=True)
class Errand:
    """What a conversation is for."""

    command: str
    directory: Path
    """Where the session is."""
    prompt: tuple[str, ...] = ()
    """Empty to only look at what a session offers."""
    model: str = ""
    """Empty for the agent's own choice."""
    permissions: frozenset[Permission] = frozenset()


class Talk:
    """One conversation, for `director.shell.processes.run`."""

    def __init__(self, errand: Errand, watch: Watch, transcript: Path, mark: str) -> None:
        self.hello = Hello()
        self.session: Session | None = None
        self.refused: list[str] = []
        """What the agent asked for and may not do."""
        self._errand = errand
        self._watch = watch
        self._transcript = transcript
        self._mark = mark
        self._error: BaseException | None = None
        self._is_over, self._is_left, self._is_done = threading.Event(), threading.Event(), threading.Event()

    def hold(self, stdin: IO[bytes]) -> None:
        """Hold the conversation, and end the agent afterwards: not every one goes when its input is closed."""
        try:
            asyncio.run(self._converse(stdin))
        except (RequestError, ConnectionError):
            pass  # an error that the agent tells is read as what it tells; its end is judged by whoever started it
        except BaseException as error:  # noqa: BLE001 (raised again by `finish`, in the thread that waits for it)
            self._error = error
        finally:
            self._is_done.set()
            processes.end_marked(self._mark)

    def break_off(self) -> None:
        """Cancel the prompt, and wait until the agent has heard it."""
        self._is_left.set()
        self._is_done.wait(CANCEL_SECONDS + 1)

    def close(self) -> None:
        """Take note that the agent runs no more."""
        self._is_over.set()

    def finish(self) -> None:
        """Read the rest when the agent runs no more. Raises what the conversation came to nothing for."""
        self._is_done.wait()
        if self._error:
            raise self._error

    async def _converse(self, stdin: IO[bytes]) -> None:
        with self._transcript.open("rb") as stream:
            lines = Lines(stream, most=Updates.most_lines)
            agent = Connection(self._answer, Wire(stdin, lines, self._read, self._is_over))
            asking = asyncio.create_task(self._ask(agent))
            try:
                while not asking.done():
                    await asyncio.wait({asking}, timeout=LOOK_SECONDS)
                    if self._is_left.is_set() or self._watch.fault:
                        await self._cancel(agent, asking)
                if not asking.cancelled():
                    await asking
            finally:
                await agent.close()
                if lines.are_too_many:
                    self._watch.fault = Fault.FLOOD

    def _read(self, line: bytes) -> None:
        """Take note of a line; after a fault, only of what it came to."""
        take_note = self._watch.reading.read if self._watch.fault else self._watch.read
        take_note(line)

    async def _cancel(self, agent: Connection, asking: asyncio.Task[None]) -> None:
        if self.session:
            cancelled = CancelNotification(session_id=self.session.id)
            await agent.send_notification(AGENT_METHODS["session_cancel"], _params(cancelled))
            await asyncio.wait({asking}, timeout=CANCEL_SECONDS)
        asking.cancel()
        await asyncio.wait({asking})

    async def _ask(self, agent: Connection) -> None:
        self.session = session = await self._open(agent)
        await self._choose_model(agent, session)
        if self._errand.prompt:
            await self._choose_mode(agent, session)
            blocks = [text_block(text) for text in self._errand.prompt]
            await _request(agent, "session_prompt", PromptRequest(session_id=session.id, prompt=blocks))

    async def _open(self, agent: Connection) -> Session:
        """Open a session. Raises ConfigError for an agent of another version of the protocol, or of none."""
        hello = InitializeRequest(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(),
            client_info=Implementation(name="director", version=__version__),
        )
        self.hello = read_value(await _request(agent, "initialize", hello), Hello) or Hello()
        if self.hello.version != PROTOCOL_VERSION:
            raise ConfigError(
                f"'{self._errand.command}' does not speak version {PROTOCOL_VERSION} of the Agent Client Protocol",
                hint="see whether the command is one that starts an agent of the protocol, and update the program",
            )
        wanted = NewSessionRequest(cwd=str(self._errand.directory), mcp_servers=[])
        if session := read_value(await _request(agent, "session_new", wanted), Session):
            return session
        raise AgentError(f"'{self._errand.command}' has opened a session that has no name")

    async def _choose_model(self, agent: Connection, session: Session) -> None:
        """Choose the model that is wanted. Raises ConfigError for one that is not offered."""
        model, offered = self._errand.model, session.offered("model")
        if not model:
            return
        if model not in offered:
            near = get_close_matches(model, offered, n=_SHOWN_MODELS, cutoff=0.3) or offered[:_SHOWN_MODELS]
            known = f"such as {', '.join(near)}; 'director models' lists all" if near else "name it in the command"
            raise ConfigError(f"'{self._errand.command}' offers no model '{model}'", hint=f"it offers {known}")
        if session.setting("model").options:
            await _set(agent, session, "model", model)
        else:
            await agent.send_request(SET_MODEL, {"sessionId": session.id, "modelId": model})

    async def _choose_mode(self, agent: Connection, session: Session) -> None:
        mode = mode_for(session, self._errand.permissions)
        if mode and session.setting("mode").options:
            await _set(agent, session, "mode", mode)
        elif mode:
            await _request(agent, "session_set_mode", SetSessionModeRequest(session_id=session.id, mode_id=mode))

    async def _answer(self, method: str, params: Any, is_notification: bool) -> RequestPermissionResponse:
        """Answer a request of the agent: there is only one that it may make."""
        if method != CLIENT_METHODS["session_request_permission"]:
            raise RequestError.method_not_found(method)
        asked = RequestPermissionRequest.model_validate(params)
        told = (read_value(params, Params) or Params()).tool
        tool = self._known(read_value(told, Tool) or Tool())
        allowed = is_allowed(tool, self._errand.permissions, self._errand.directory)
        if not allowed:
            self.refused.append(f"{tool.kind or 'other'} {tool.title}".strip())
        return answer(asked.options, allowed=allowed)

    def _known(self, tool: Tool) -> Tool:
        """Return what was told of a use of a tool before."""
        reading = self._watch.reading
        return reading.known(tool) if isinstance(reading, Updates) else tool


async def _request(agent: Connection, method: str, params: BaseModel) -> Any:
    return await agent.send_request(AGENT_METHODS[method], _params(params))


async def _set(agent: Connection, session: Session, category: str, value: str) -> None:
    option = session.setting(category).id
    wanted = SetSessionConfigOptionSelectRequest(session_id=session.id, config_id=option, value=value)
    await _request(agent, "session_set_config_option", wanted)


def _params(model: BaseModel) -> Any:
    """Return a model as the protocol writes it; the library's own way leaves out what says that we offer nothing."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
