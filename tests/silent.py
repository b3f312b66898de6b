"""A `Progress` that shows nothing."""


class Silent:
    def stage(self, name: str, total: int | None) -> None: ...

    def step(self, what: str) -> None: ...
