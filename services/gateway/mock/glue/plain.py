"""For languages that the mock has no sentences for: the prompt's words and punctuation."""

from services.gateway.mock.glue.form import Glue, Work

_MARKS = ("{g}", "{t}", "{g}: {t}")


def _work(mark: str) -> Work:
    return Work(
        titles=(f"{{g}} {mark}", f"{{t}} {mark}", f"{{g}}: {{t}} {mark}"),
        descriptions=_MARKS,
        criteria=_MARKS,
        deliverables=_MARKS,
    )


PLAIN = Glue(
    code="und",
    names=frozenset(),
    function_words=frozenset(),
    work_verbs=frozenset(),
    both="{0} + {1}",
    gather=_work("(1)"),
    decide=_work("(2)"),
    describe=_work("(3)"),
    compare=_work("(4)"),
    prepare=_work("(5)"),
    arrange=_work("(6)"),
    check=_work("(7)"),
    people=_MARKS,
    duties=_MARKS,
    passages=("{t}", "{t} + (1)", "{t} + (2)"),
    questions=("{g}?", "{t}?"),
)
