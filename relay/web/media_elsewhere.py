"""Content that lies in another relay's media folder: fetched from it and passed on, piece by piece."""

from collections.abc import Iterator
from typing import Final

import httpx
from fastapi.responses import Response, StreamingResponse

from relay.web.faults import NotDoneError

PASSED_ON: Final = "x-patrol-passed-on"
"""Header of a request that comes from another relay: it is answered from the folder here, or not at all."""
_HEADERS: Final = ("content-type", "content-length", "content-range", "accept-ranges", "etag", "cache-control")
_TIMEOUT: Final = httpx.Timeout(10.0, connect=2.0)
_PIECE_BYTES: Final = 128 * 1024
_OK: Final = (200, 206, 304, 416)


class MediaElsewhere:
    """Asks the relays that have the other folders, with this relay's token: relays on one store have the same."""

    def __init__(self, token: str | None) -> None:
        headers = {PASSED_ON: "1"} | ({"Authorization": f"Bearer {token}"} if token is not None else {})
        self._client = httpx.Client(headers=headers, timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def fetch(self, web_url: str, sha256: str, asked: dict[str, str]) -> Response:
        """Return the other relay's answer; ``asked`` are the headers about ranges and what the browser has."""
        try:
            request = self._client.build_request("GET", f"{web_url}/api/v1/media/{sha256}", headers=asked)
            answer = self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise NotDoneError(
                404, "elsewhere", f"{sha256} lies at {web_url}, which does not answer: {reason}"
            ) from error
        if answer.status_code not in _OK:
            answer.close()
            raise NotDoneError(404, "elsewhere", f"{sha256} lies at {web_url}, which answers {answer.status_code}")
        headers = {name: answer.headers[name] for name in _HEADERS if name in answer.headers}
        return StreamingResponse(_pieces(answer), status_code=answer.status_code, headers=headers)


def _pieces(answer: httpx.Response) -> Iterator[bytes]:
    """Pass the bytes on as they come; a way that breaks ends the answer short of its length, which a browser sees."""
    try:
        yield from answer.iter_raw(_PIECE_BYTES)
    finally:
        answer.close()
