"""All that a worker of a pull needs, imported: what its process is forked from.

This module is not for import: a process that does nothing else loads it, and lends its memory to the workers.
No thread may be started here, as a fork would have its locks and not the thread.
"""

import gc

from dnsanom.quality.checkpoint import load
from dnsanom.store import work  # noqa: F401  with all that it imports

load()
gc.collect()
# What is here stays, and to look through it would copy its pages.
gc.freeze()
