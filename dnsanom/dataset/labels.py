"""Labels: an analyst's verdict, else truth where there is any, else rules.

With truth, every row is labelled by it: a row whose pair and time a truth row covers has that row's vector,
any other is benign. Without, the first rule that a row meets names its vector, and a row that meets none is
benign. A verdict stands over both, for the rows that it covers only; it may say benign.
"""

from collections.abc import Sequence

import ibis
import pandas as pd

from dnsanom.dataset.match import match_truth
from dnsanom.dataset.moments import epoch_ms
from dnsanom.dataset.rules import compile_rule
from dnsanom.params import Rule
from dnsanom.schema import BENIGN, LABEL_COLUMNS

#: Sources of labels, the first stands over the others.
VERDICT, TRUTH, RULE = "verdict", "truth", "rule"
#: Rows that meet a rule and lie further apart than this are two episodes of their pair, in seconds.
EPISODE_GAP = 600


def label(
    rows: ibis.Table,
    rules: Sequence[Rule],
    truth: pd.DataFrame | None,
    verdicts: pd.DataFrame | None = None,
    source: str = TRUTH,
) -> ibis.Table:
    """The rows with `vector`, `label_source` and `episode`.

    label_source: verdict, truth (or what `source` says that the truth rows are), rule, or none without any
    rule. An episode's id is null for benign rows. With truth, its rows of one vector and one span are one
    episode; by rules, it is what one client and server have of one vector without a pause of ten minutes. A
    verdict's rows are an episode as truth's are, but where it confirms what is known they stay in theirs.
    Raises RuleError for a rule that can't be read, even if truth makes it idle.
    """
    named = rows.mutate(vector=_first_rule(rows, rules), label_source=ibis.literal(RULE if rules else "none"))
    labelled = _by_rules(named) if truth is None else _by_truth(rows, truth, source)
    return labelled if verdicts is None else _by_verdicts(labelled, verdicts)


def _by_truth(rows: ibis.Table, truth: pd.DataFrame, source: str) -> ibis.Table:
    matched = match_truth(rows, truth)
    vector = matched.vector.fill_null(BENIGN)
    episode = ibis.ifelse(vector == BENIGN, ibis.null("string"), matched.episode)
    named = matched.mutate(vector=vector, label_source=ibis.literal(source), episode=episode)
    return named.select(*rows.columns, *LABEL_COLUMNS)


def _by_verdicts(labelled: ibis.Table, verdicts: pd.DataFrame) -> ibis.Table:
    rows = labelled.rename(given="vector", given_source="label_source", given_episode="episode")
    said = match_truth(rows, verdicts)
    confirmed = said.vector.isnull() | (said.vector == said.given)
    new = ibis.ifelse(said.vector == BENIGN, ibis.null("string"), said.episode)
    named = said.mutate(
        vector=ibis.coalesce(said.vector, said.given),
        label_source=ibis.ifelse(said.vector.isnull(), said.given_source, VERDICT),
        episode=ibis.ifelse(confirmed, said.given_episode, new),
    )
    return named.select(*labelled.columns)


def _by_rules(named: ibis.Table) -> ibis.Table:
    benign = named.filter(named.vector == BENIGN).mutate(episode=ibis.null("string"))
    attacks = _sessions(named.filter(named.vector != BENIGN))
    return ibis.union(benign, attacks.select(benign.columns))


def _first_rule(rows: ibis.Table, rules: Sequence[Rule]) -> ibis.expr.types.StringValue:
    if not rules:
        return ibis.literal(BENIGN)
    return ibis.cases(*((compile_rule(r.when, rows), r.vector) for r in rules), else_=BENIGN)


def _sessions(attacks: ibis.Table) -> ibis.Table:
    """Rows of one vector, client and server as episodes, cut at pauses."""
    timed = attacks.mutate(ms=epoch_ms(attacks.first_seen))
    pair = [timed.vector, timed.client, timed.server]
    before = timed.ms.lag(1).over(ibis.window(group_by=pair, order_by=timed.ms))
    starts = ibis.ifelse(
        (timed.ms - before > EPISODE_GAP * 1000) | before.isnull(), timed.ms, ibis.null("int64")
    )
    cut = timed.mutate(starts=starts)
    so_far = ibis.cumulative_window(group_by=[cut.vector, cut.client, cut.server], order_by=cut.ms)
    return cut.mutate(start=cut.starts.max().over(so_far)).mutate(
        episode=lambda t: t.vector + "@" + t.start.cast("string") + " " + t.client + " " + t.server
    )
