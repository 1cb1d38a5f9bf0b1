"""How the lake becomes a data set: the table `dataset` of params.yaml."""

from typing import Annotated

from pydantic import Field, model_validator

from dnsanom.frozen import Frozen


class Clients(Frozen):
    """How client prefixes are dealt to the sides: prefix lengths, and the shares of all prefixes."""

    ipv4_prefix: int = Field(24, ge=1, le=32)
    ipv6_prefix: int = Field(48, ge=1, le=128)
    train: float = Field(0.4, gt=0, lt=1)
    validation: float = Field(0.3, gt=0, lt=1)

    @model_validator(mode="after")
    def _leaves_a_test(self) -> "Clients":
        if self.train + self.validation >= 1:
            raise ValueError(f"train {self.train} + validation {self.validation} leave no client to test on")
        return self


class Dataset(Frozen):
    """How the lake becomes a data set."""

    days: float = Field(1, gt=0)
    train: float = Field(0.6, gt=0, lt=1)
    validation: float = Field(0.2, gt=0, lt=1)
    gap_seconds: int = Field(600, ge=0)
    #: None: a client may be on several sides.
    clients: Clients | None = Field(default_factory=lambda: Clients.model_validate({}))
    #: The data set is also made as packets sampled 1:N would show it, for each of these N.
    sampling_rates: tuple[Annotated[int, Field(ge=2, le=1_000_000)], ...] = ()
    features: int = Field(7, ge=1, le=15)
    max_train_rows: int = Field(20_000, ge=100)
    seed: int = 7

    @model_validator(mode="after")
    def _leaves_a_test(self) -> "Dataset":
        if self.train + self.validation >= 1:
            raise ValueError(f"train {self.train} + validation {self.validation} leave nothing to test on")
        return self
