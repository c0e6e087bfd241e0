"""The base of every typed configuration section; each section stands beside the code that it configures."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """An immutable section of the configuration; an unknown key or a value out of range is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
