"""While the first start loads the examples, the service says so."""

from __future__ import annotations

import pytest

from api import loading


def test_the_mark_is_there_while_it_goes_on_and_gone_afterwards(tmp_path):
    assert not loading.under_way(tmp_path)
    with loading.marked(tmp_path):
        assert loading.under_way(tmp_path)
    assert not loading.under_way(tmp_path)
    with pytest.raises(RuntimeError), loading.marked(tmp_path):
        raise RuntimeError
    assert not loading.under_way(tmp_path)


def test_a_mark_that_a_killed_process_left_counts_no_more(tmp_path):
    (tmp_path / "loading").write_text("4194399")  # above the greatest process id
    assert not loading.under_way(tmp_path)
    (tmp_path / "loading").write_text("?")
    assert not loading.under_way(tmp_path)
