"""Keeps tables in shape beside searches and writers: nothing breaks without it.

New rows are found at once, by scanning them; old versions cost nothing but disk. So whatever goes wrong here is left to
the next time. Searches never wait for it. Writers of this process do: tried without, a table whose documents change all
the time was never reorganised, and every attempt left files that LanceDB deletes after seven days only.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from answerable_knowledge import indexing
from answerable_knowledge.errors import KnowledgeError
from answerable_knowledge.store import Store

_LEFT_TO_NEXT_TIME = (OSError, RuntimeError, ValueError, KnowledgeError)


class Upkeep:
    """Works on one table at a time, on a thread of its own, while it holds the lock of the writers."""

    def __init__(self, store: Store, writing: threading.Lock) -> None:
        self._store = store
        self._writing = writing
        self._thread = ThreadPoolExecutor(1, "index-upkeep")
        self._lock = threading.Lock()
        self._waiting: set[str] = set()

    def soon(self, tenant: str) -> None:
        """The tenant's table was written to: index its new rows and join its small files, once there are enough."""
        with self._lock:
            if tenant in self._waiting:
                return
            self._waiting.add(tenant)
        self._thread.submit(self._maintain, tenant)

    def settle(self) -> None:
        """Wait for what was asked for so far."""
        self._thread.submit(lambda: None).result()  # one thread: it comes to this when all before is done

    def tables(self) -> list[str]:
        """Names of the tables of all tenants. Raises IndexCorrupt."""
        return self._store.names()

    def retire(self, table_name: str, older_than: timedelta) -> bool:
        """Let versions of a table go that are older, and files that only they need; False: it was not possible now.

        Searches in versions that stay are not held up. The newest version stays, however old it is.
        """
        try:
            with self._writing:
                self._store.named(table_name).optimize(cleanup_older_than=older_than)
        except _LEFT_TO_NEXT_TIME:
            return False
        return True

    def _maintain(self, tenant: str) -> None:
        with self._lock:
            self._waiting.discard(tenant)  # what is written from here on asks again
        try:
            with self._writing:
                if (table := self._store.newest(tenant)) is not None:
                    indexing.keep_up(table)
        except _LEFT_TO_NEXT_TIME:
            return
