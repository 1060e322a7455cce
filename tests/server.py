"""A local server that speaks OpenAI's chat completions and solves problems that it knows, some of them wrongly.

It runs as a process of its own, so that it outlives whoever asks it: `with serving(...) as server`.
"""

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
import uuid
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.workspace import ROOT

FAULTS = ("429", "500", "hang", "reset", "garbage")


class Mind:
    """Answers with the next call of a known question's reference; one sample in four goes wrong at its end."""

    def __init__(self, problems):
        rows = (json.loads(line) for path in problems for line in Path(path).read_text("utf-8").splitlines())
        self._references = {row["question"]: row["reference"] for row in rows if row["reference"]}

    def answer(self, body):
        messages = body["messages"]
        question = messages[0]["content"].rsplit("\n\n", 1)[-1]
        done = sum(message["role"] == "assistant" for message in messages)
        reference = self._references.get(question, ["stop(answer=0)"])
        call = reference[min(done, len(reference) - 1)]
        return "stop(answer=-1)" if call.startswith("stop") and body.get("seed", 1) % 4 == 0 else call


class Service:
    def __init__(self, options):
        self.options = options
        self.mind = Mind(options.get("problems", []))
        self.random = Random(0)
        self.tries, self.billed, self.faults, self.headers = Counter(), Counter(), Counter(), []

    async def complete(self, request):
        from aiohttp import web

        body = await request.json()
        name = request.headers.get("Idempotency-Key") or uuid.uuid4().hex
        self.tries[name] += 1
        self.headers = dict(request.headers)
        fault = self.options.get("always") or self._fault()
        if fault:
            self.faults[fault] += 1
            return await self._fail(fault, request)
        await asyncio.sleep(self.options.get("latency", 0))
        self.billed[name] += 1
        return web.json_response(self._response(body))

    def _fault(self):
        rate = self.options.get("faults", 0)
        return self.random.choice(self.options.get("kinds", FAULTS)) if self.random.random() < rate else None

    async def _fail(self, fault, request):
        from aiohttp import web

        if fault == "hang":
            await asyncio.sleep(3600)
        if fault == "reset":
            request.transport.abort()
        if fault == "truncated":
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"choices": [')
            request.transport.close()
            return response
        filtered = {"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}
        texts = {
            "garbage": "<html>\x00",
            "empty": '{"choices": []}',
            "error": '{"error": {"message": "no"}}',
            "filter": json.dumps({"choices": [filtered]}),
        }
        if fault in texts:
            return web.Response(text=texts[fault])
        key = request.headers.get("Authorization", "")
        headers = {"Retry-After": "0.01"} if fault == "429" else {}
        code = "insufficient_quota" if fault == "402" else ""
        status = 429 if fault == "402" else int(fault) if fault.isdigit() else 500
        return web.json_response({"error": {"message": f"no, {key}", "code": code}}, status=status, headers=headers)

    def _response(self, body):
        text, native = self.mind.answer(body), body.get("tools") is not None
        message = {"role": "assistant", "content": text}
        if native and (match := re.fullmatch(r"(\w+)\((.*)\)", text)):
            message = {"role": "assistant", "content": None, "tool_calls": [_tool_call(*match.groups())]}
        return {
            "id": "1",
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10},
        }

    async def stats(self, _):
        from aiohttp import web

        sums = {"tries": self.tries.total(), "requests": len(self.tries), "billed": self.billed.total()}
        sums["distinct"] = len(self.billed)
        most = max(self.billed.values(), default=0)
        return web.json_response({**sums, "most": most, "faults": self.faults, "headers": self.headers})


def _tool_call(name, arguments):
    from stages.agent.calls import parse

    call = parse(f"{name}({arguments})")
    return {"id": "a", "type": "function", "function": {"name": name, "arguments": json.dumps(call.keywords)}}


async def main(options):
    from aiohttp import web

    service = Service(options)
    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/v1/chat/completions", service.complete)
    app.router.add_get("/stats", service.stats)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.get("port", 0))
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until whoever started it is gone


class Server:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/v1"

    def stats(self):
        with urllib.request.urlopen(self.url.replace("/v1", "/stats")) as response:
            return json.load(response)


@contextmanager
def serving(**options):
    """Runs a server; yields its address and what it counts."""
    command = [sys.executable, "-m", "tests.server", json.dumps(options)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(10)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
