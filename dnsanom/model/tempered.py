"""One margin a class as probabilities: a softmax of one temperature, under which the largest stays it.

Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from dnsanom.model.calibrated import Calibrated
from dnsanom.model.distinct import Floats, Indices


class Tempered(Calibrated):
    """A classifier of one margin a class; `temperature_` is 1 until it is calibrated."""

    temperature_: float

    def learn(self, margins: Floats, place: Indices, weight: Floats) -> None:
        """Set the temperature under which the rows are likeliest."""

        def loss(log_temperature: float) -> float:
            chances = log_softmax(margins / np.exp(log_temperature), axis=1)
            return float(-(weight * chances[np.arange(len(place)), place]).sum())

        self.temperature_ = float(np.exp(minimize_scalar(loss, bounds=(-5, 3), method="bounded").x))

    def chances(self, margins: Floats) -> Floats:
        """Probabilities (n, classes) of margins."""
        return np.asarray(softmax(margins / self.temperature_, axis=1))
