"""What every table of settings is."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A settings table: immutable, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
