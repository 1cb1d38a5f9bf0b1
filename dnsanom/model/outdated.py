"""Models that another version of dnsanom made: told as that, in one line, instead of by what breaks first."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dnsanom.errors import OutdatedModelError, one_line
from dnsanom.schema import FEATURES, feature_names

if TYPE_CHECKING:
    from dnsanom.model.bundle import Bundle


def outdated(where: object, why: str) -> OutdatedModelError:
    """The error for a model at `where`, with what to do."""
    rule = "sweep, evaluate and promote again with this one"
    return OutdatedModelError(f"{where}: made by another version of dnsanom ({why}); {rule}")


def check(bundle: "Bundle", where: object) -> None:
    """Raise OutdatedModelError unless the bundle knows this version's features and answers a row of them."""
    view = str(bundle.card["view"])
    if view not in FEATURES:
        raise outdated(where, f"view {view} is unknown")
    gone = sorted(set(bundle.card["features"]) - set(feature_names(view)))
    if gone:
        raise outdated(where, f"no feature {', '.join(gone)} in the {view} view")
    row = pd.DataFrame(np.zeros((1, len(feature_names(view)))), columns=feature_names(view))
    try:
        scaled = bundle.pipeline[:-1].transform(row)
        bundle.pipeline[-1].predict_proba(scaled)
        bundle.novelty.novelty(scaled)
    # Whatever a model of other attributes or another shape raises: the same is to be done about it.
    except Exception as error:
        raise outdated(where, f"it answers no row: {type(error).__name__}: {one_line(error)}") from error
