"""A home is not made anew beside data that needs the old one, nor by a mistyped path."""

from __future__ import annotations

import pytest

from xiaoshi.house.home import Home
from xiaoshi.house.trouble import HouseError


def test_a_lost_master_key_is_not_replaced(tmp_path):
    home = Home.chosen(tmp_path / "家").ensure()
    assert home.master_key_file.stat().st_size == 32
    home.master_key_file.unlink()
    home.ensure()  # nothing is encrypted yet: a new one does no harm
    (home.path / "blobs").mkdir()
    home.master_key_file.unlink()
    with pytest.raises(HouseError) as lost:
        home.ensure()
    assert lost.value.problem.code == "master_key_lost"
    assert not home.master_key_file.exists()


def test_a_folder_that_is_no_home_is_refused_where_one_is_read(tmp_path):
    with pytest.raises(HouseError) as none:
        Home.chosen(tmp_path).require()
    assert none.value.problem.code == "no_home"
    assert Home.chosen(tmp_path / "new").ensure().require().path == tmp_path / "new"


def test_verify_on_a_mistyped_home_says_so(tmp_path):
    from xiaoshi.cli import main

    assert main(["audit", "verify", "--json", "--home", str(tmp_path / "nowhere")]) == 3
    assert not (tmp_path / "nowhere").exists()
