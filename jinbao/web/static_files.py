"""Static files without a build step: addresses that change with the content, cached for long, compressed on the way."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class Versioned(StaticFilesStorage):
    """Adds a digest of the content to each address, so that a browser keeps a file until it changes."""

    def url(self, name: str | None) -> str:
        """Return the address of a file with its version."""
        plain = super().url(name)
        found = find(name) if name else None
        return f"{plain}?v={_digest(found, Path(found).stat().st_mtime_ns)}" if isinstance(found, str) else plain


@lru_cache(maxsize=1000)
def _digest(path: str, changed: int) -> str:
    """Return a digest of a file; `changed` makes an edited file another question."""
    return blake2b(Path(path).read_bytes(), digest_size=6).hexdigest()


class CompressStatic(GZipMiddleware):
    """Compresses static files alone: a compressed page that repeats a request's words would let secrets be guessed."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress what is static text and long enough to gain by it."""
        kind = response.headers.get("Content-Type", "")
        text = kind.startswith("text/") or "javascript" in kind or "svg" in kind
        if not (request.path.startswith(settings.STATIC_URL) and text):
            return response
        return super().process_response(request, response)
