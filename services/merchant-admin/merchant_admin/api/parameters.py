"""What stands in the addresses of lists: texts that a database can hold."""

from typing import Annotated

from pydantic import AfterValidator, Field

from contracts.text import storable

Text = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(storable)]
