"""The ledger's statements, built once: building one anew costs several times what SQLite needs to run it.

An export is named by the parameters `of_key`, `of_etag` and `of_size`; parameters named as columns are set.
"""

import sqlalchemy as sa

from dnsanom.store.ledger_states import FREE, WORK
from dnsanom.store.ledger_tables import ABOUT, EXPORTS, LINE, in_state

export = EXPORTS.c
_at_work, _committed, _duplicate = in_state(*WORK), in_state("committed"), in_state("duplicate")
_of_key = export.key == sa.bindparam("of_key")
_this = _of_key & (export.etag == sa.bindparam("of_etag")) & (export.size == sa.bindparam("of_size"))
_mine = _at_work & (export.owner == sa.bindparam("me"))
_over = (export.expires < sa.bindparam("now")) | (export.owner == sa.bindparam("dead"))
_duplicate_of_key = _duplicate & (export.reason == sa.bindparam("of_key"))
_touched = sa.func.coalesce(export.finished, export.leased, export.discovered)
_other = EXPORTS.alias()
_committed_other = _other.c.state == sa.literal_column("'committed'")
_next_serial = sa.select(sa.func.coalesce(sa.func.max(_other.c.serial), 0) + 1).scalar_subquery()
_change = sa.update(EXPORTS)

LEASE = _change.where(_this, in_state(*FREE) | (_at_work & _over)).values(
    state="leased", tries=export.tries + 1, finished=None
)
HOLDER_OF_LEASE = sa.select(export.owner).where(_this, _at_work)
HOLDER_OF_CONTENT = sa.select(_other.c.key).where(
    _committed_other,
    _other.c.sha256 == sa.bindparam("content"),
    _other.c.key != sa.bindparam("besides"),
)
NEWEST = sa.select(sa.func.max(_other.c.last_seen)).where(_committed_other)
#: What a commit has to know, in one question; no line if the lease is another's.
IF_MINE = sa.select(
    HOLDER_OF_CONTENT.scalar_subquery().label("holder"), NEWEST.scalar_subquery().label("newest")
).where(_this, _mine)
RENEW = _change.where(_mine)
SET_MINE = _change.where(_this, _mine)
SET = _change.where(_this)
COMMIT = SET.values(state="committed", serial=_next_serial)
#: The key's earlier versions; and what was a duplicate of their content, other than the new one's, `content`.
REPLACE = _change.where(_of_key, ~_this, in_state("committed", "duplicate", "discovered", "gone")).values(
    state="replaced"
)
REPLACE_DUPLICATES = _change.where(_duplicate_of_key, export.sha256 != sa.bindparam("content")).values(
    state="replaced"
)
REOPEN_WORK = _change.where(_of_key, _at_work).values(state="discovered", owner=None)
REOPEN_COMMITTED = _change.where(_of_key, _committed).values(state="replaced")
REOPEN_DUPLICATES = _change.where(_duplicate_of_key).values(state="replaced")
RETRY = _change.where(_of_key, in_state("quarantined")).values(state="discovered")

AT_WORK = sa.select(*LINE).where(_at_work)
OF_KEYS = sa.select(*LINE).where(export.key.in_(sa.bindparam("keys", expanding=True)))
STATE_OF_KEY = sa.select(export.state).where(_of_key).order_by(export.discovered.desc())
TRIES = sa.select(sa.func.coalesce(sa.func.sum(export.tries), 0)).where(_of_key)
ARRIVED = (
    sa.select(*LINE)
    .where(_committed, export.kind == "flows", export.serial > sa.bindparam("after"))
    .order_by(export.serial)
)
LINES = sa.select(*LINE).where(_touched >= sa.bindparam("since")).order_by(export.key, export.discovered)
LINES_IN_STATE = LINES.where(export.state == sa.bindparam("in_state"))
TOTALS = (
    sa.select(
        export.state,
        sa.func.count(),
        *(sa.func.coalesce(sa.func.sum(export[name]), 0) for name in ("rows", "kept", "dropped", "bad")),
    )
    .where(_touched >= sa.bindparam("since"))
    .group_by(export.state)
    .order_by(export.state)
)
FACT = sa.select(ABOUT.c.value).where(ABOUT.c.name == sa.bindparam("of_name"))
