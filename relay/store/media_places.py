"""Where the relay is reached that has a media folder: for the pages of the other relays on the same store."""

from sqlalchemy import Connection, delete, insert, select

from relay.store.media_tables import media_place


def tell(connection: Connection, folder: str, web_url: str, now_us: int) -> None:
    """Note where this folder is reached from now on; an empty address: nowhere."""
    connection.execute(delete(media_place).where(media_place.c.folder == folder))
    if web_url:
        connection.execute(insert(media_place).values(folder=folder, web_url=web_url, told_us=now_us))


def web_url(connection: Connection, folder: str) -> str:
    """Return the address of the relay that has this folder; empty when it has told none."""
    query = select(media_place.c.web_url).where(media_place.c.folder == folder)
    return str(connection.execute(query).scalar_one_or_none() or "")
