"""Remembers how far the folders of IMAP accounts have been read (RFC 9051 2.3.1.1)."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from mailbot.store.database import Database
from mailbot.store.schema import imap_folder


class ImapFolders:
    """One row a folder; an account is read by one thread of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, account: str, folder: str) -> tuple[int, int] | None:
        """UIDVALIDITY and the UID up to which every mail is finished; None if never read.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        query = select(imap_folder.c.uidvalidity, imap_folder.c.last_uid).where(
            (imap_folder.c.account == account) & (imap_folder.c.folder == folder)
        )
        with self._database.reading() as conn:
            row = conn.execute(query).first()
        return None if row is None else (row.uidvalidity, row.last_uid)

    def write(self, account: str, folder: str, uidvalidity: int, last_uid: int) -> None:
        """Remember it; durable when this returns.

        Raises:
            StoreUnavailable: nothing was remembered.
        """
        values = {"uidvalidity": uidvalidity, "last_uid": last_uid}
        change = update(imap_folder).where(
            (imap_folder.c.account == account) & (imap_folder.c.folder == folder)
        )
        with self._database.transaction() as conn:
            if not conn.execute(change.values(**values)).rowcount:
                conn.execute(insert(imap_folder).values(account=account, folder=folder, **values))
