"""A scripted agent of the Agent Client Protocol: `python acp_agent.py SCENARIO`, made with the protocol's own library.

What it was told goes to agent.jsonl in the directory of its session, so that a test can see it.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from acp import Agent, RequestError, run_agent, schema, start_tool_call, update_agent_message_text, update_tool_call
from acp.interfaces import Client

SCENARIO = sys.argv[1]
USAGE = schema.Usage(total_tokens=1050, input_tokens=600, output_tokens=30, thought_tokens=20, cached_read_tokens=400)
OPTIONS = [
    schema.PermissionOption(option_id=kind, name=kind, kind=kind)
    for kind in ("allow_always", "allow_once", "reject_always", "reject_once")
]


def choice(name: str, category: Any, *values: str) -> schema.SessionConfigOptionSelect:
    """A setting of a session."""
    options = [schema.SessionConfigSelectOption(value=value, name=value) for value in values]
    return schema.SessionConfigOptionSelect(
        id=name, name=name, category=category, type="select", current_value=values[0], options=options
    )


class Scripted(Agent):
    """An agent that does what its scenario says."""

    def on_connect(self, conn: Client) -> None:
        self.client = conn

    async def initialize(self, protocol_version: int, **told: Any) -> schema.InitializeResponse:
        capabilities = told["client_capabilities"]
        self.capabilities = capabilities.model_dump(mode="json", exclude_none=True) if capabilities else None
        return schema.InitializeResponse(
            protocol_version=7 if SCENARIO == "future" else protocol_version,
            agent_info=schema.Implementation(name="scripted", title="Scripted", version="1.2.3"),
        )

    async def new_session(self, cwd: str, **told: Any) -> schema.NewSessionResponse:
        self.root = Path(cwd)
        self.told({"capabilities": self.capabilities, "environment": dict(os.environ)})
        if SCENARIO == "login":
            raise RequestError.auth_required()
        return schema.NewSessionResponse(
            session_id="s1",
            config_options=None if SCENARIO == "plain" else [choice("brain", "model", "small", "big")],
            modes=schema.SessionModeState(
                current_mode_id="auto",
                available_modes=[schema.SessionMode(id=mode, name=mode) for mode in ("auto", "default", "read-only")],
            ),
        )

    async def set_config_option(self, config_id: str, session_id: str, value: str | bool, **told: Any) -> Any:
        self.told({config_id: value})
        return schema.SetSessionConfigOptionResponse(config_options=[])

    async def set_session_mode(self, mode_id: str, session_id: str, **told: Any) -> Any:
        self.told({"mode": mode_id})
        return schema.SetSessionModeResponse()

    async def prompt(self, prompt: list[Any], session_id: str, **told: Any) -> schema.PromptResponse:
        self.told({"prompt": [block.text for block in prompt]})
        self.cancelled = asyncio.Event()
        scenario = getattr(self, SCENARIO.replace("-", "_"), self.answer)
        return await scenario() or schema.PromptResponse(stop_reason="end_turn", usage=USAGE)

    async def cancel(self, session_id: str, **told: Any) -> None:
        self.told({"cancelled": True})
        self.cancelled.set()

    def told(self, what: dict[str, Any]) -> None:
        """Write down what the client said."""
        with (self.root / "agent.jsonl").open("a") as file:
            file.write(json.dumps(what) + "\n")

    async def say(self, text: str) -> None:
        await self.client.session_update(session_id="s1", update=update_agent_message_text(text))

    async def tell(self, update: Any) -> None:
        await self.client.session_update(session_id="s1", update=update)

    async def may(self, kind: Any, title: str, path: str = "", **given: Any) -> str:
        """Announce the use of a tool, ask whether it may be used, and return the kind of the answer."""
        locations = [schema.ToolCallLocation(path=path)] if path else None
        await self.tell(
            start_tool_call(title, title, kind=kind, status="pending", locations=locations, raw_input=given)
        )
        asked = schema.ToolCallUpdate(tool_call_id=title)
        answer = await self.client.request_permission(session_id="s1", tool_call=asked, options=OPTIONS)
        return getattr(answer.outcome, "option_id", answer.outcome.outcome)

    async def use(self, kind: Any, title: str, path: str = "", *, output: Any = None, **given: Any) -> str:
        """Use a tool if that is allowed; the use fails if it is not."""
        answer = await self.may(kind, title, path, **given)
        status: Any = "completed" if answer == "allow_once" else "failed"
        await self.tell(update_tool_call(title, status=status, raw_output=output))
        return answer

    async def answer(self) -> None:
        await self.say("Only ")
        await self.say("words.")

    async def happy(self) -> None:
        await self.say("I begin.")
        if await self.use("edit", "write", str(self.root / "hello.txt")) == "allow_once":
            (self.root / "hello.txt").write_text("hello\n")
        await self.use("execute", "look", command="cat hello.txt", output={"exit_code": 0})
        await self.use("read", "see", str(self.root / "hello.txt"))
        await self.say("All done.")

    async def everything(self) -> None:
        answers = [f"{kind}: {await self.use(kind, f'try {kind}', str(self.root / 'a.txt'))}" for kind in KINDS]
        await self.say("\n".join(answers))

    async def outside(self) -> None:
        paths = ("../elsewhere.txt", "/etc/hostname", "link/x.txt", "\0", "inside.txt")
        await self.say(" ".join([await self.use("edit", f"edit {path!r}", path) for path in paths]))

    async def red(self) -> None:
        await self.use("execute", "tests", command="python3 -m unittest", output={"metadata": {"exit": 1}})
        await self.tell(start_tool_call("gone", "half", kind="edit", status="in_progress"))
        await self.say("Red.")

    async def gives_up(self) -> schema.PromptResponse:
        await self.use("edit", "write", "hello.txt")
        return schema.PromptResponse(stop_reason="cancelled", usage=USAGE)

    async def speechless(self) -> None:
        return None

    async def unauthorised(self) -> None:
        raise RequestError(401, "the key is not valid")

    async def hang(self) -> schema.PromptResponse:
        await self.say("Let me think.")
        await self.cancelled.wait()
        return schema.PromptResponse(stop_reason="cancelled", usage=USAGE)

    async def deaf(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "300"], start_new_session=True)
        (self.root / "pids").write_text(f"{os.getpid()} {child.pid}")
        await asyncio.sleep(300)

    async def dies(self) -> None:
        await self.say("I feel unw")
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(3)

    async def leaves_a_daemon(self) -> None:
        child = subprocess.Popen(["sleep", "300"], start_new_session=True, env={})
        (self.root / "pids").write_text(str(child.pid))
        await self.say("It runs.")

    async def garbage(self) -> None:
        os.set_blocking(1, True)
        with os.fdopen(1, "wb", closefd=False) as output:
            output.writelines(line.encode() + b"\n" for line in GARBAGE)
        await self.say("Sorry.")

    async def nosy(self) -> None:
        answers = []
        for method in ("fs/read_text_file", "fs/write_text_file", "terminal/create", "elicitation/create", "x/y"):
            try:
                await self.client._conn.send_request(method, {"sessionId": "s1", "path": "/etc/passwd"})  # type: ignore
            except RequestError as error:
                answers.append(str(error.code))
        await self.say(" ".join(answers))

    async def circles(self) -> None:
        for number in range(50):
            update = start_tool_call(
                f"t{number}", "ls", kind="execute", status="completed", raw_input={"command": "ls"}
            )
            await self.tell(update)
        await asyncio.sleep(300)

    async def dear(self) -> None:
        cost = schema.Cost(amount=0.5, currency="USD")
        await self.tell(schema.UsageUpdate(session_update="usage_update", used=1, size=2, cost=cost))
        await self.cancelled.wait()


KINDS = ("read", "search", "edit", "delete", "move", "execute", "think", "fetch", "switch_mode", "other", None)
GARBAGE = (
    "this is not JSON",
    "[]",
    "7",
    '"x"',
    "null",
    "{",
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":[],"result":{}}',
    '{"jsonrpc":"2.0","id":"99","result":{"stopReason":7,"usage":[]}}',
    '{"jsonrpc":"2.0","method":"session/update"}',
    '{"jsonrpc":"2.0","method":"session/update","params":[]}',
    '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"tool_call","toolCallId":[]}}}',
    '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"usage_update","cost":-1}}}',
    '{"jsonrpc":"2.0","method":7,"id":5}',
    '{"jsonrpc":"2.0","id":70,"method":"session/request_permission","params":{"options":"all"}}',
    '{"jsonrpc":"2.0","id":71,"method":"elicitation/create","params":{"mode":"form"}}',
    "[" * 100_000,
    '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"x":"' + "x" * (5 * 1024 * 1024) + '"}}}',
)


if __name__ == "__main__":
    asyncio.run(run_agent(Scripted()))
