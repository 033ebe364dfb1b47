"""What a client is told when a statement fails: an SQLSTATE, a message and a hint."""


class WarehouseError(Exception):
    """A statement failed. `position` counts characters of its text from 1, as PostgreSQL does."""

    def __init__(
        self,
        sqlstate: str,
        message: str,
        *,
        hint: str = "",
        detail: str = "",
        position: int | None = None,
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.hint = hint
        self.detail = detail
        self.position = position
