"""No page shows a header's names, ids, dates or free text, nor leaves them in a cache."""

import pytest
import standin_home
from identified_file import TRACES, write_identified
from page_runs import open_app

from mammo_core.datasets import index_dataset, load_dataset

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


@pytest.fixture
def dataset(home, tmp_path):
    """Two images full of traces and one that is damaged, indexed as a hospital's disc."""
    standin_home.make_home(home, n_patients=3)
    for number in (0, 5):
        write_identified(tmp_path / "disc" / str(number), number, in_kept_texts=False)
    whole = (tmp_path / "disc" / "0").read_bytes()
    (tmp_path / "disc" / "cut").write_bytes(whole[: len(whole) // 4])
    index_dataset(tmp_path / "disc", home / ".mammo" / "datasets" / "hospital")
    return load_dataset(home / ".mammo" / "datasets" / "hospital")


def all_of(at):
    """Everything that a run of the app sent to the browser."""
    blocks, said = [at._tree], ""
    while blocks:
        block = blocks.pop()
        said += str(getattr(block, "proto", ""))
        blocks += list(getattr(block, "children", {}).values())
    return said.encode()


@pytest.mark.parametrize("tab", ["Composition", "Quality", "Refused", "Look"])
def test_the_data_page_shows_no_trace(dataset, home, tab):
    at = open_app("data", dataset=dataset.name, tab=tab)
    assert not at.exception
    assert len(all_of(at)) > 500
    assert [trace for trace in TRACES if trace in all_of(at)] == []


def test_a_look_at_one_image_shows_no_trace_and_keeps_none(dataset, home):
    image_id = dataset.index["image_id"].iloc[0]
    at = open_app("data", dataset=dataset.name, tab="Look", image=image_id)
    assert not at.exception
    assert image_id.encode() in all_of(at)
    assert [trace for trace in TRACES if trace in all_of(at)] == []
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert [trace for trace in TRACES if trace in kept] == []
