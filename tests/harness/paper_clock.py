"""A wall clock and a steady one that stand until a test sets them."""


class PaperClock:
    def __init__(self, wall_ns: int, mono_ns: int) -> None:
        self.wall, self.mono = wall_ns, mono_ns

    def wall_ns(self) -> int:
        return self.wall

    def mono_ns(self) -> int:
        return self.mono
