"""Pools, as the job after an upgrade makes them: what it asks of the database, and what it hands to Airflow."""

import json
from pathlib import Path
from unittest import mock

import pytest
from airflow.cli.commands import pool_command
from airflow.models.pool import Pool
from platform_airflow import pools, setup

WANTED = {
    "default_pool": {"slots": 64, "description": "Default pool", "include_deferred": False},
    "powerbi": {"slots": 4, "description": "", "include_deferred": True},
}
DEFAULT = ("default_pool", 128, "Default pool", False)


class EndedError(Exception):
    """Airflow's command takes this process' place."""


def run(monkeypatch, rows):
    """Give the pools that Airflow is told to import, or None if it isn't called."""
    monkeypatch.setenv("POOLS", json.dumps(WANTED))
    connection = mock.MagicMock()
    connection.__enter__.return_value.execute.return_value.fetchall.return_value = rows
    told = []

    def execvp(program, words):
        told.append(words)
        raise EndedError(program)

    monkeypatch.setattr(pools, "connect", lambda: connection)
    monkeypatch.setattr(pools.os, "execvp", execvp)
    try:
        pools.main()
    except EndedError:
        (words,) = told
        assert words[:3] == ["airflow", "pools", "import"]
        return Path(words[3])
    return None


def test_what_differs_is_imported_and_nothing_else(monkeypatch):
    same = ("powerbi", 4, None, True)
    assert json.loads(run(monkeypatch, [DEFAULT, same]).read_text()) == {"default_pool": WANTED["default_pool"]}
    assert json.loads(run(monkeypatch, [DEFAULT]).read_text()) == WANTED
    by_hand = ("powerbi", 400, "by hand", True)
    assert "powerbi" in json.loads(run(monkeypatch, [DEFAULT, by_hand]).read_text())


def test_a_second_run_does_nothing_and_others_stay(monkeypatch, capsys):
    there = [(name, pool["slots"], pool["description"], pool["include_deferred"]) for name, pool in WANTED.items()]
    assert run(monkeypatch, [*there, ("made-by-hand", 1, "", False)]) is None
    assert capsys.readouterr().out == "pools are there, with these slots: default_pool, powerbi\n"


def test_airflow_takes_the_file(monkeypatch):
    client = mock.Mock()
    monkeypatch.setattr(pool_command, "get_current_api_client", lambda: client)
    taken, failed = pool_command.pool_import_helper(str(run(monkeypatch, [])))
    assert (len(taken), failed) == (2, [])
    client.create_pool.assert_any_call(name="powerbi", slots=4, description="", include_deferred=True, team_name=None)


def test_the_table_is_the_one_that_is_asked():
    assert Pool.__tablename__ == "slot_pool"
    assert {"pool", "slots", "description", "include_deferred"} <= set(Pool.__table__.columns.keys())


@pytest.mark.parametrize("broken", [False, True])
def test_the_administrator_comes_first(monkeypatch, broken):
    order = []
    admin = mock.Mock(side_effect=SystemExit("no") if broken else lambda: order.append("admin"))
    monkeypatch.setattr(setup.admin, "main", admin)
    monkeypatch.setattr(setup.pools, "main", lambda: order.append("pools"))
    if broken:
        with pytest.raises(SystemExit):
            setup.main()
    else:
        setup.main()
    assert order == ([] if broken else ["admin", "pools"])
