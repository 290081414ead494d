"""The page's files and the music over plain HTTP, and who may ask for them."""

import asyncio
import hmac
import re
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, unquote

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

STREAM_PATH = "/ws"
CHUNK_BYTES = 64 * 1024
_PAGES = {"": "index.html", "desk": "desk.html", "obs": "obs.html"}
_TRACK = re.compile(r"/track/([\w-]{1,64})\.wav")

# not the mimetypes module: on Windows it asks the registry, which may call JavaScript text/plain
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".vrm": "model/gltf-binary",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
# the page works without a network: nothing but this server is asked for anything
_POLICY = (
    "default-src 'self' blob: data:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss: blob: data:"
)


@dataclass(frozen=True)
class Door:
    """Who may come in: the address that is served, and the word that is asked for."""

    host: str
    token: str | None = None

    @property
    def loopback(self) -> bool:
        """Only this machine can reach it."""
        return is_loopback(self.host)

    def refusal(self, request: Request) -> Response | None:
        """Why a request is turned away, or None: it may come in."""
        asked, origin = _one(request, "Host"), _one(request, "Origin")
        # a name that leads here by a trick of DNS (rebinding) is not one of ours
        if self.loopback and not is_loopback(_name(asked or "")):
            return reply(HTTPStatus.FORBIDDEN, f"asked for host {asked!r}, this server is localhost\n")
        if origin is not None:
            page = origin.partition("://")[2].lower()
            if page != (asked or "nobody").lower() and not is_loopback(_name(page)):
                return reply(HTTPStatus.FORBIDDEN, f"asked by a page of {origin}, which is not this server\n")
        path = request.path.partition("?")[0]
        if self.token is not None and (path == STREAM_PATH or path.startswith("/track/")):
            given = _token(request)
            if not hmac.compare_digest(given.encode(), self.token.encode()):
                mend = "open the address that the server printed, with ?token=..."
                return reply(HTTPStatus.UNAUTHORIZED, f"asked without the right token: {mend}\n")
        return None


class Page:
    """The files of one folder, and the tracks that are being played."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.tracks: dict[str, bytes] = {}

    def answer(self, request: Request) -> Response:
        """The file or track that is asked for; 404 for all else."""
        if request.method not in ("GET", "HEAD"):
            return reply(
                HTTPStatus.METHOD_NOT_ALLOWED, f"asked to {request.method}, this server only gives\n"
            )
        path = unquote(request.path.partition("?")[0])
        track = _TRACK.fullmatch(path)
        if track:
            wav = self.tracks.get(track[1])
            found = None if wav is None else (wav, _TYPES[".wav"], "no-store")
        else:
            found = self._file(path)
        if found is None:
            return reply(HTTPStatus.NOT_FOUND, f"asked for {path!r}, there is no such file here\n")
        body, kind, caching = found
        headers = {"Content-Type": kind, "Cache-Control": caching, "Accept-Ranges": "bytes"}
        response = _part(body, _one(request, "Range"), headers)
        if request.method == "HEAD":
            response.body = b""
        return response

    def _file(self, path: str) -> tuple[bytes, str, str] | None:
        """Content, type and caching of a file within the folder."""
        if "\0" in path or "\\" in path:
            return None
        name = path.lstrip("/")
        wanted = self._folder.joinpath(_PAGES.get(name, name))
        try:
            file = wanted.resolve()
            if not file.is_relative_to(self._folder) or not file.is_file():
                return None
            kind = _TYPES.get(file.suffix.lower(), "application/octet-stream")
            return file.read_bytes(), kind, "no-cache"
        except OSError:  # a name that is too long, or a file that may not be read
            return None


def reply(
    status: HTTPStatus, body: str | bytes | memoryview, headers: dict[str, str] | None = None
) -> Response:
    """A plain HTTP answer, after which the connection is closed."""
    content = body.encode() if isinstance(body, str) else bytes(body)
    fields = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",  # the address may hold the token
        "X-Content-Type-Options": "nosniff",
        **(headers or {}),
        "Content-Length": str(len(content)),
        "Connection": "close",
    }
    return Response(status.value, status.phrase, Headers(fields), content)


def is_loopback(host: str) -> bool:
    """A name that only this machine can mean."""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def _name(authority: str) -> str:
    """The host of `host:port`, without the port and an IPv6 address's brackets."""
    return re.sub(r":\d*$", "", authority).strip("[]").lower()


def _part(body: bytes, wanted: str | None, headers: dict[str, str]) -> Response:
    """The whole body, or the range of it that a media player asks for."""
    asked = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", wanted or "")
    if asked is None or not (asked[1] or asked[2]):
        return reply(HTTPStatus.OK, body, headers)
    if asked[1]:
        start, end = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
    else:
        start, end = max(0, len(body) - int(asked[2])), len(body) - 1
    if start > end:
        headers |= {"Content-Range": f"bytes */{len(body)}"}
        return reply(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "", headers)
    headers |= {"Content-Range": f"bytes {start}-{end}/{len(body)}"}
    return reply(HTTPStatus.PARTIAL_CONTENT, memoryview(body)[start : end + 1], headers)


def _one(request: Request, name: str) -> str | None:
    """A header's value; the several values of a repeated one joined, which match nothing that is allowed."""
    values = request.headers.get_all(name)
    return ", ".join(values) if values else None


def _token(request: Request) -> str:
    """The word that a request brings: `Authorization: Bearer ...`, else `?token=...`."""
    scheme, _, word = (_one(request, "Authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return word.strip()
    return parse_qs(request.path.partition("?")[2]).get("token", [""])[0]


async def write_slowly(connection: ServerConnection, response: Response) -> None:
    """A long answer in pieces, at the reader's pace, so that the frame loop never waits for it."""
    body = memoryview(response.body)
    connection.transport.write(
        Response(response.status_code, response.reason_phrase, response.headers).serialize()
    )
    with suppress(OSError):  # a reader may leave in the middle: media players do
        for start in range(0, len(body), CHUNK_BYTES):
            if connection.transport.is_closing():
                break
            connection.transport.write(body[start : start + CHUNK_BYTES])
            await connection.drain()
            await asyncio.sleep(0)
    connection.transport.close()
    await connection.wait_closed()
