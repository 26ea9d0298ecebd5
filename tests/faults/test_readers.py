"""Every reader on what hypothesis makes up, inputs of its own and changes of a whole one: read, or refused in a line.

It makes a case that fails as small as it can. Needs hypothesis; `python -m tests.faults fuzz` has the many cases.
"""

import json

import pytest

from tests.faults.fuzz import ONE_LINE, SECONDS
from tests.faults.fuzz_readers import READERS

pytest.importorskip("hypothesis", reason="hypothesis is not installed")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
LIMITS = settings(
    max_examples=300, deadline=1000 * SECONDS, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@st.composite
def stretches(draw, whole):
    """The whole input with one stretch of it made another."""
    start, length = draw(st.integers(0, len(whole))), draw(st.integers(0, 64))
    return whole[:start] + draw(st.binary(max_size=64)) + whole[start + length :]


@st.composite
def values(draw, whole):
    """The whole JSON with one value in it, wherever, made another."""
    holder = inner = [json.loads(whole)]
    key = 0
    while isinstance(inner[key], dict | list) and inner[key] and draw(st.booleans()):
        inner = inner[key]
        key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
    inner[key] = draw(VALUES)
    return json.dumps(holder[0]).encode()


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_an_input_is_read_or_refused_in_a_line(name, tmp_path):
    read, whole = READERS[name].prepare(tmp_path)
    cases = st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | stretches(whole)
    if whole[:1] in (b"{", b"["):
        cases |= values(whole) | VALUES.map(json.dumps).map(str.encode)
    refused = []

    @LIMITS
    @given(cases)
    def one(data):
        try:
            read(data)
        except ONE_LINE as error:
            refused.append(error)

    one()
    assert refused or name in ("remarks.json", "prepared data", "mapped data", "features")  # these are made again
