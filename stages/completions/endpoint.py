"""Posting to a server that may be slow, busy or broken, with one rule for each way in which it can fail.

| what happens | rule |
|---|---|
| 408, 409, 425, 429, 5xx | again, after the time that `retry-after` asks for or a growing pause |
| no connection, reset, timeout, truncated answer | again, after a growing pause |
| an answer that is not JSON, or says an error, or nothing | again, after a growing pause |
| 429 for want of money, any other status | ends the run with what the server says and the remedy |
| too many failures of one request | ends the run; what was answered is kept |
"""

import asyncio
import email.utils
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson

from stages.errors import UserError

_AGAIN = {408, 409, 425, 429}
_NO_MONEY = "insufficient_quota"
_MAX_PAUSE, _MAX_ASKED_PAUSE = 60.0, 600.0
_MAX_BYTES = 16 << 20
_MAX_SAID = 300
_SECONDS = re.compile(r"\s*\d+(\.\d+)?\s*", re.ASCII)
_REMEDIES = {
    401: "the key is wrong or missing; set the environment variable `{variable}`",
    403: "the key may not use this; check it and the model's name",
    404: "check `base_url` and `model`",
}


class _PassingError(Exception):
    """A failure that may pass; `pause` is how long the server asked to wait, in seconds."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True)
class Patience:
    """How long a request is tried.

    Attributes:
        timeout: Seconds that one try may take.
        tries: How often a request is sent at most.
        pause: Seconds before the second try; doubles with every further one, up to a minute.
    """

    timeout: float
    tries: int
    pause: float


class Endpoint:
    """One address of a server.

    Args:
        url: The address.
        key: The secret, or None; sent in the header and never shown.
        variable: The environment variable that holds it, for messages.
        patience: How long a request is tried.
    """

    def __init__(self, url: str, key: str | None, variable: str, patience: Patience) -> None:
        self._url, self._key, self._variable, self._patience = url, key, variable, patience
        self._session: aiohttp.ClientSession | None = None
        self._proxy = _proxy(url)
        self._closing = asyncio.Event()

    async def post(self, body: Mapping[str, Any], name: str, fault: Callable[[Any], str | None]) -> str:
        """Posts JSON and returns the answer as it came.

        Args:
            body: What is posted.
            name: Says which request this is, so that a server can tell a second try from a second request.
            fault: Says what makes an answer (parsed JSON) unusable; None if it is usable.

        Raises:
            UserError: If the server refuses the request, or was tried in vain.
        """
        content, reason = orjson.dumps(body), ""
        for number in range(self._patience.tries):
            try:
                return await self._try(content, name, fault)
            except (_PassingError, aiohttp.ClientError, TimeoutError, OSError) as error:
                reason = self._clean(str(error) or type(error).__name__)
                await self._wait(number, getattr(error, "pause", None))
        raise UserError(
            f"{self._url}: no usable answer in {self._patience.tries} tries (the last one: {reason}); what was "
            "answered is kept. See that the server is well and run again"
        )

    async def _try(self, content: bytes, name: str, fault: Callable[[Any], str | None]) -> str:
        headers = {"Idempotency-Key": name}
        send = self._open().post(self._url, data=content, headers=headers, allow_redirects=False, proxy=self._proxy)
        async with send as response:
            answer = (await _read(response)).decode(errors="replace")
            if response.status != 200:
                self._refuse(response.status, response.headers.get("Retry-After"), answer)
        try:
            reason = fault(json.loads(answer))
        except (ValueError, RecursionError):
            reason = "not JSON"
        if reason is not None:
            raise _PassingError(f"{reason}: {answer}" if answer else reason)
        return answer

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Content-Type": "application/json"}
            if self._key:
                headers["Authorization"] = f"Bearer {self._key}"
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self._patience.timeout),
            )
        return self._session

    def _refuse(self, status: int, retry_after: str | None, answer: str) -> None:
        if (status in _AGAIN or status >= 500) and _NO_MONEY not in answer:
            raise _PassingError(f"status {status}: {answer}", _seconds(retry_after))
        remedy = _REMEDIES.get(status, "mend what it names").format(variable=self._variable)
        raise UserError(f"{self._url}: status {status}, {self._clean(answer)!r}: {remedy}")

    async def _wait(self, number: int, asked: float | None) -> None:
        if self._closing.is_set():
            raise UserError(f"{self._url}: stopped")
        pause = min(self._patience.pause * 2**number, _MAX_PAUSE) * random.uniform(0.5, 1)
        try:
            await asyncio.wait_for(self._closing.wait(), pause if asked is None else min(asked, _MAX_ASKED_PAUSE))
        except TimeoutError:
            return
        raise UserError(f"{self._url}: stopped")

    def _clean(self, text: str) -> str:
        shown = " ".join((text.replace(self._key, "***") if self._key else text).split())
        return shown if len(shown) <= _MAX_SAID else f"{shown[:_MAX_SAID]}…"

    def stop(self) -> None:
        """Ends all waiting for a further try."""
        self._closing.set()

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _proxy(url: str) -> str | None:
    """Returns the proxy that the environment names; aiohttp would look for it, and for passwords, at every request."""
    address = urlsplit(url)
    return None if proxy_bypass(address.hostname or "") else getproxies().get(address.scheme)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for part in response.content.iter_any():
        content += part
        if len(content) > _MAX_BYTES:
            raise _PassingError("an answer of more than 16 MB")
    return bytes(content)


def _seconds(retry_after: str | None) -> float | None:
    """Reads `retry-after`: seconds or a date; None if it is missing or neither."""
    if retry_after is None:
        return None
    if _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    parsed = email.utils.parsedate_tz(retry_after)
    return None if parsed is None else max(email.utils.mktime_tz(parsed) - time.time(), 0.0)
