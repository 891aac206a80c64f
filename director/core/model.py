"""The base of every value that crosses a border: frozen, and strict about its fields."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen value; a field that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
