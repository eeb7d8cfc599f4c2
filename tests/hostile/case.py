"""One thing that a hostile peer does, and what must come of it."""
import dataclasses
import json
import typing

UNDER_TEST = ('container', 'account')


@dataclasses.dataclass
class Case:
    """`body`: a value that is sent as JSON, or bytes as they are; a function is called with the world for either. `raw`: all
    bytes of the connection instead of a request, whose answer is read to the end. `prepare` and `check` are called with the
    world before and after; `check` returns what is wrong. `status`: one of these; 0 is no answer at all. `lines`: how many log
    lines. `changes`: what the operation may do to the device's own database; None is nothing."""
    name: str
    body: typing.Any = None
    status: typing.Any = 400
    target: typing.Any = None
    raw: typing.Any = None
    prepare: typing.Any = None
    check: typing.Any = None
    lines: int = 1
    kind: str = 'container'
    megabytes: int = 0  # beyond what every case may take

    def statuses(self):
        return self.status if isinstance(self.status, tuple) else (self.status,)

    def bytes_of_body(self, world):
        body = self.body(world) if callable(self.body) else self.body
        return body if isinstance(body, bytes) else json.dumps(body).encode()


def deep(opening, closing, levels=1_000_000, inner=b''):
    return opening * levels + inner + closing * levels
