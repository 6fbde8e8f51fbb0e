"""How an archive is reached, as it stands in the settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

OWN_TITLE = "PNEUMO-VIEWER"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Host = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=253, pattern=r"^\S+$")
]
ApplicationTitle = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=16, pattern=r"^[\x20-\x5b\x5d-\x7e]+$"
    ),
]
"""An application entity title: at most 16 characters, no backslash (PS3.5, table 6.2-1, AE)."""


class _Server(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: Name


class DimseServer(_Server):
    """A server that speaks DIMSE (PS3.7), where it listens, and how both sides are called."""

    kind: Literal["dimse"] = "dimse"
    host: Host
    port: int = Field(default=104, ge=1, le=65535)
    called_title: ApplicationTitle
    own_title: ApplicationTitle = OWN_TITLE


class WebServer(_Server):
    """A server that speaks DICOMweb (PS3.18), by the address below which its studies lie.

    Passwords and tokens are not kept, so an address that holds one is refused.
    """

    kind: Literal["dicomweb"] = "dicomweb"
    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]

    @field_validator("url")
    @classmethod
    def _check(cls, url: str) -> str:
        parts = urlsplit(url)
        has_secret = "@" in parts.netloc or bool(parts.query)
        if parts.scheme not in ("http", "https") or not parts.hostname or has_secret:
            raise ValueError("an address that begins with http:// or https://, without a password")
        _ = parts.port  # a ValueError when it is no number
        return url.rstrip("/")


Server = Annotated[DimseServer | WebServer, Field(discriminator="kind")]


def address_of(server: DimseServer | WebServer) -> str:
    """Where a server is, for people."""
    return f"{server.host}:{server.port}" if isinstance(server, DimseServer) else server.url


def make_server(kind: str, values: dict[str, Any]) -> DimseServer | WebServer:
    """Make a server of one kind.

    Raises
    ------
    pydantic.ValidationError
        Some value cannot be right; its ``loc`` says which.
    """
    return DimseServer(**values) if kind == "dimse" else WebServer(**values)
