"""Whatever an error body holds, the caller gets one of our errors and never the key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.provider.openai_errors import ErrorReader, read_retry_after
from shared.rpc.errors import to_status

KEY = "sk-proj-Abc123456789DefGhi"
READER = ErrorReader("api.example", KEY)
TEXT = st.text() | st.tuples(st.text(), st.text()).map(KEY.join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)
ERRORS = st.dictionaries(
    st.sampled_from(["message", "type", "code", "param", "detail", "loc", "msg"]), JSON
)


@given(st.integers(300, 599), ERRORS | JSON, st.dictionaries(st.just("x-request-id"), TEXT))
def test_any_error_becomes_one_line_without_the_key(status, body, headers):
    failure = READER.of_status(status, headers, body)
    sent = to_status(failure.error)
    assert KEY not in repr(sent)
    assert sent.message.isprintable()
    assert len(sent.message) < 500
    assert failure.error.reason.isupper()


@given(TEXT)
def test_a_quote_is_short_and_printable_and_without_the_key(text):
    quoted = READER.quote(text)
    assert KEY not in quoted
    assert len(quoted) <= 300
    assert quoted.isprintable()


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms"]), st.text() | st.floats().map(str)
    )
)
def test_a_wait_is_never_negative_nor_longer_than_a_day(headers):
    wait = read_retry_after(headers)
    assert wait is None or 0 <= wait <= 86_400


def test_the_key_is_not_in_the_readers_repr():
    assert KEY not in repr(READER)
