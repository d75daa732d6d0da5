"""What can go wrong while an embedded server is fetched, started or served.

ServerError
├── PortInUseError         somebody else listens there
├── DataFolderInUseError   another process has this data folder open
├── DataFolderInvalidError the folder holds something that this server did not write
├── MissingToolError       a program that has to be installed first
├── FetchError             the package repository did not deliver
├── NotReadyError          the server ended, or did not answer in time
└── QueryError             the ClickHouse engine refused or failed a statement
"""

from pathlib import Path


class ServerError(Exception):
    """Root of everything that `answerable_cli.servers` raises on purpose."""


class PortInUseError(ServerError):
    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} on 127.0.0.1 is in use: stop what listens there, or choose another port")
        self.port = port


class DataFolderInUseError(ServerError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is open in another process: one data folder serves one process at a time")
        self.folder = folder


class DataFolderInvalidError(ServerError):
    pass


class MissingToolError(ServerError):
    def __init__(self, tool: str, remedy: str) -> None:
        super().__init__(f"{tool} is not installed: {remedy}")
        self.tool = tool


class FetchError(ServerError):
    pass


class NotReadyError(ServerError):
    pass


class QueryError(ServerError):
    """A statement that the engine or the endpoint refused; `code` is ClickHouse's number for it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
