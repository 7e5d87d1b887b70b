"""Places of ``%`` in a text, beside what Python makes of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vartrack.bases.tracing.evaluating.percent_places import Place, pieces, put_together, with_texts

_PLACES = st.builds(
    Place,
    name=st.none(),
    flags=st.text("#0- +", max_size=3),
    width=st.sampled_from(("", "1", "7")),
    precision=st.sampled_from(("", ".", ".0", ".3")),
    letter=st.sampled_from("diouxXeEfFgGrsa"),
)
_NUMBERS = st.one_of(st.integers(), st.booleans(), st.floats())
_TEXTS = st.text("a{}%", max_size=4)


@given(parts=st.lists(st.tuples(_TEXTS, _PLACES), max_size=3), last=_TEXTS)
def test_a_template_is_taken_apart_and_put_together(
    parts: list[tuple[str, Place]], last: str
) -> None:
    template = put_together([*(each for part in parts for each in part), last])
    found = pieces(template)
    assert found is not None
    assert [part for part in found if isinstance(part, Place)] == [place for _, place in parts]
    values = (1,) * len(parts)
    assert put_together(found) % values == template % values


@given(place=_PLACES, number=_NUMBERS)
def test_a_format_gives_the_same_text(place: Place, number: float) -> None:
    spec = place.spec_of(type(number))
    if spec is not None:
        assert format(number, spec) == place.of(number)
    if place.is_whole_text:
        assert f"{number}" == place.of(number)


@given(text=st.text("%(a)s*5.d ", max_size=8))
def test_what_python_refuses_is_not_taken_apart(text: str) -> None:
    found = pieces(text)
    for values in ({"a": 1}, 1, (), (1, 1), (1, 1, 1)):
        try:
            made = text % values
        except (TypeError, ValueError, KeyError):
            continue
        if found is not None:  # some that Python takes are none of ours
            assert put_together(found) % values == made


def test_texts_take_the_place_of_items() -> None:
    template = "%5r is %d%%"
    parts = pieces(template)
    assert parts is not None
    shown, taken = with_texts(parts, ["x", 3], lambda place, item: repr(item))
    assert shown == "%5s is %d%%"
    assert shown % tuple(taken) == template % ("x", 3)
