"""Who was told what is noted once, line by line, and survives being cut off anywhere."""

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.tracking.delivered import Delivered

NOTES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from("123")), max_size=6)


@settings(max_examples=25)
@given(NOTES, st.integers(0, 400), NOTES)
def test_what_was_cut_off_was_never_noted(tmp_path_factory, before, cut, after):
    outputs = tmp_path_factory.mktemp("outputs")
    delivered = Delivered.open(outputs)
    for place, record, edition in before:
        delivered.note(place, record, edition, {"vol": int(edition)})
    if delivered.path.is_file():
        content = delivered.path.read_bytes()
        kept = content[: max(len(content) - cut, 0)]
        delivered.path.write_bytes(kept)
        before = before[: kept.count(b"\n")]
    delivered = Delivered.open(outputs)
    for place, record, edition in after:
        delivered.note(place, record, edition, {})
    found = Delivered.open(outputs)
    assert found.editions == {(place, record): edition for place, record, edition in (*before, *after)}
    moves: dict = {}
    for place, _, edition in before:
        moves[place, "vol"] = max(int(edition), moves.get((place, "vol"), 0))
    assert found.moves == moves
