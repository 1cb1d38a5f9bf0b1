"""Times as whole milliseconds since 1970, in operations that DuckDB and Spark agree on."""

from ibis.expr import types as ir


def epoch_ms(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Milliseconds since 1970. Cast and floor: DuckDB's epoch is a double with the fraction in it."""
    naive = moment.cast("timestamp")
    return naive.epoch_seconds().cast("float64").floor() * 1000 + naive.millisecond()


def from_epoch_ms(ms: ir.IntegerValue) -> ir.TimestampValue:
    """The moment, in UTC. Half a millisecond keeps the way over a double from ending a millisecond early."""
    moment = ((ms + 0.5) / 1000).cast("timestamp('UTC')").cast("timestamp")
    return moment.truncate("ms").cast("timestamp('UTC')")


def duration_ms(seconds: ir.FloatingValue) -> ir.IntegerValue:
    """A duration in s as whole milliseconds."""
    return (seconds * 1000).round().cast("int64")
