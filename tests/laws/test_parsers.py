"""Every parser of foreign bytes survives good input that was bent: a value, a gap or an error of the tree.

The parsers' own tests try any bytes; these begin with bytes that get far. `./dev fuzz` tries as many as time allows.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzzing.targets import TARGETS, Target

every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


@st.composite
def bent(draw: st.DrawFn, target: Target) -> bytes:
    """A seed with a few of its parts cut out, doubled, overwritten or taken from another seed."""
    content = draw(st.sampled_from(target.seeds()))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(content)))
        end = min(len(content), begin + draw(st.sampled_from([0, 1, 4, 64, 512, 1 << 20])))
        other = draw(st.sampled_from(target.seeds()))
        middle = draw(
            st.sampled_from([b"", content[begin:end] * 2, other[begin:end], b"\0", b"\xff" * (end - begin), b"9" * 20])
            | st.binary(max_size=16)
        )
        content = content[:begin] + middle + content[end:]
    return content


@every_target
def test_good_input_is_read(target: Target) -> None:
    for seed in target.seeds():
        target.parse(seed)


@every_target
@given(st.data())
def test_bent_input_is_read_or_refused(target: Target, data: st.DataObject) -> None:
    target.parse(data.draw(bent(target)))


@every_target
def test_input_cut_off_anywhere_is_read_or_refused(target: Target) -> None:
    for seed in target.seeds():
        for end in range(0, len(seed), max(1, len(seed) // 100)):
            target.parse(seed[:end])
