"""Templates of several teams side by side: a task is found in all of them by its name, which is there once."""

import json

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from platform_tasks import PodTask, Settings, settings
from platform_tasks.operators import template


@pytest.fixture
def teams(tmp_path, monkeypatch):
    """Lay out templates as a pod sees them: a ConfigMap's files are links into a folder beside them."""

    def place(folder, tasks, **said):
        where = tmp_path / folder
        (where / "..data").mkdir(parents=True)
        names = {name: {"retries": retries} for name, retries in tasks.items()}
        texts = {f"{name}.yaml": f"metadata: {{name: {name}, namespace: jobs}}\n" for name in tasks}
        texts["settings.json"] = json.dumps({"schedule": None, "tasks": names, **said})
        for name, text in texts.items():
            (where / "..data" / name).write_text(text, encoding="utf-8")
            (where / name).symlink_to(where / "..data" / name)

    monkeypatch.setattr(settings, "TASKS", tmp_path / "tasks")
    monkeypatch.setattr(settings, "TEAM_TASKS", tmp_path / "team-tasks")
    return place


def test_a_task_is_found_whoever_s_it_is(teams):
    teams("tasks", {"ingest": 3})
    teams("team-tasks/own-tasks", {"report": 2})
    teams("team-tasks/billing-tasks", {"invoice": 1})
    for task in ("ingest", "report", "invoice"):
        assert template(task)["metadata"]["name"] == task
    assert template("group.invoice")["metadata"]["name"] == "invoice"
    assert [Settings.read().of(task)["retries"] for task in ("ingest", "report", "invoice")] == [3, 2, 1]


def test_it_is_found_without_the_sample(teams):
    teams("team-tasks/own-tasks", {"report": 2})
    assert template("report")
    with pytest.raises(AirflowException, match=r'no workload "ingest" is declared'):
        template("ingest")


def test_two_of_a_name_are_one_clear_error(teams):
    teams("team-tasks/own-tasks", {"report": 2})
    teams("team-tasks/billing-tasks", {"report": 2})
    with pytest.raises(AirflowFailException) as error:
        PodTask(task_id="report").execute({})
    message = str(error.value)
    assert 'there are 2 tasks of the name "report"' in message
    assert "billing-tasks/report.yaml, " in message
    assert "own-tasks/report.yaml; " in message


def test_a_workload_has_the_schedule_of_the_stack_file(teams):
    cron = {"cron": "0 5 * * *", "timeZone": "Europe/Berlin"}
    teams("tasks", {"ingest": 3}, schedule={"cron": "0 1 * * *", "timeZone": "Etc/UTC"})
    teams("team-tasks/own-tasks", {"report": 2, "other": 2}, schedules={"report": cron})
    assert Settings.read("report").schedule.expression == "0 5 * * *"
    assert Settings.read().schedule.expression == "0 1 * * *"
    assert Settings.read("other").schedule is None
