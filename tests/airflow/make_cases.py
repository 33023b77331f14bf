#!/usr/bin/env python3
"""Asks a real Apache Airflow 3 what it would do, and writes its answers as test tables.

Usage: tests/airflow/run          (makes an environment, runs this, rewrites tests/cases/airflow)

Every expected value is computed by Airflow's own code on its own objects: croniter behind its
timetables, TriggerRuleDep on task instances in a database, TaskInstance.next_retry_datetime.
"""

import datetime
import itertools
import json
import os
import pathlib
import sys
import tempfile

HOME = tempfile.mkdtemp(prefix="airflow-cases-")
os.environ.update(
    AIRFLOW_HOME=HOME,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME}/airflow.db",
    AIRFLOW__CORE__LOAD_EXAMPLES="false",
    AIRFLOW__CORE__DAGS_FOLDER=f"{HOME}/dags",
    AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
    AIRFLOW__CORE__UNIT_TEST_MODE="false",
)
pathlib.Path(HOME, "dags").mkdir()

import pendulum  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parents[1] / "cases" / "airflow"
UTC = datetime.timezone.utc


def text(moment):
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when(value):
    return None if value is None else pendulum.parse(value)


def write(name, rows):
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    (OUT / name).write_text("[\n" + lines + "\n]\n", encoding="utf-8")
    print(f"{name}: {len(rows)} rows")


CRON = [  # expression, zone, instants to start from
    ("* * * * *", "UTC", ["2026-01-01T00:00:00Z", "2026-01-01T00:00:59Z", "2026-12-31T23:59:00Z"]),
    ("*/15 * * * *", "UTC", ["2026-01-01T00:46:00Z", "2026-01-01T00:45:00Z"]),
    ("5/20 * * * *", "UTC", ["2026-01-01T00:08:00Z"]),
    ("0 6-18/6 * * *", "UTC", ["2026-01-01T12:00:00Z", "2026-01-01T18:30:00Z"]),
    ("30 4 1,15 * *", "UTC", ["2026-01-02T00:00:00Z", "2026-01-15T04:30:00Z"]),
    ("0 0 * * MON-FRI", "UTC", ["2026-01-02T00:00:00Z"]),
    ("0 0 * * 0", "UTC", ["2026-01-01T00:00:00Z"]),
    ("0 0 * * 7", "UTC", ["2026-01-01T00:00:00Z"]),
    ("0 0 1 JAN,jul *", "UTC", ["2026-01-01T00:00:00Z", "2026-06-30T23:59:00Z"]),
    ("0 0 13 * 5", "UTC", ["2026-01-10T00:00:00Z", "2026-01-13T00:00:00Z", "2026-02-13T00:00:00Z"]),
    ("0 0 L * *", "UTC", ["2026-02-01T00:00:00Z", "2028-02-01T00:00:00Z", "2026-04-30T00:00:00Z"]),
    ("0 0 L 2 *", "UTC", ["2027-03-01T00:00:00Z"]),
    ("0 0 * * L5", "UTC", ["2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z"]),
    ("0 0 * * 5#2", "UTC", ["2026-01-01T00:00:00Z", "2026-01-09T00:00:00Z"]),
    ("0 0 * * mon#1", "UTC", ["2026-01-05T00:00:00Z"]),
    ("0 0 * * mon#5", "UTC", ["2026-01-01T00:00:00Z"]),
    ("0 0 29 2 *", "UTC", ["2026-01-01T00:00:00Z"]),
    ("@hourly", "UTC", ["2026-01-01T00:30:00Z"]),
    ("@daily", "UTC", ["2026-12-31T00:00:00Z"]),
    ("@weekly", "UTC", ["2026-01-01T00:00:00Z"]),
    ("@monthly", "UTC", ["2026-01-01T00:00:00Z"]),
    ("@quarterly", "UTC", ["2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"]),
    ("@yearly", "UTC", ["2026-01-01T00:00:00Z"]),
    ("0 9 * * *", "Europe/Amsterdam", ["2026-01-01T09:00:00Z", "2026-07-01T06:59:00Z"]),
    ("0 9 * * *", "Asia/Kolkata", ["2026-01-01T00:00:00Z"]),
    ("15 10 * * *", "Asia/Kathmandu", ["2026-01-01T04:30:00Z"]),
    ("0 0 * * *", "Pacific/Apia", ["2026-01-01T09:00:00Z", "2026-01-01T12:00:00Z"]),
    ("0 0 1 * *", "America/Sao_Paulo", ["2026-01-15T00:00:00Z"]),
]
# Clock changes: zone, an instant a day before one, and the local hours around it.
CHANGES = [
    ("Europe/Amsterdam", "2026-03-28T12:00:00Z", 2),
    ("Europe/Amsterdam", "2026-10-24T12:00:00Z", 2),
    ("America/New_York", "2026-03-07T17:00:00Z", 2),
    ("America/New_York", "2026-10-31T17:00:00Z", 1),
    ("Australia/Sydney", "2026-04-04T02:00:00Z", 2),
    ("Australia/Sydney", "2026-10-03T02:00:00Z", 2),
    ("Australia/Lord_Howe", "2026-04-04T02:00:00Z", 1),
    ("Australia/Lord_Howe", "2026-10-03T02:00:00Z", 2),
    ("America/Santiago", "2026-09-05T12:00:00Z", 0),
    ("Atlantic/Azores", "2026-03-28T12:00:00Z", 0),
]


def cron_rows():
    from airflow.timetables.trigger import CronTriggerTimetable

    def following(expression, zone, start, count):
        timetable = CronTriggerTimetable(expression, timezone=zone)
        moment, out = when(start), []
        for _ in range(count):
            moment = timetable._get_next(moment)
            out.append(text(moment))
        return {"cron": expression, "zone": zone, "after": start, "next": out}

    rows = [following(c, zone, start, 1) for c, zone, starts in CRON for start in starts]
    for zone, start, hour in CHANGES:
        for expression in (f"0 {hour} * * *", f"30 {hour} * * *", f"15 {hour + 1} * * *",
                           f"*/30 {hour} * * *", "0 * * * *", "*/30 * * * *", "0 */2 * * *",
                           f"45 {hour},{hour + 1} * * *"):
            rows.append(following(expression, zone, start, 8))
    return rows


def due_rows():
    """Daily, monthly and Amsterdam's mornings, with and without catchup, start, end and a last run."""
    import airflow.timetables.trigger as trigger
    from airflow.timetables.base import DataInterval, TimeRestriction

    rows = []
    schedules = [("0 0 * * *", "UTC"), ("0 0 1 * *", "UTC"), ("0 6 * * *", "Europe/Amsterdam")]
    nows = ["2026-05-20T10:00:00Z", "2026-05-20T00:00:00Z", "2026-03-29T02:00:00Z"]
    spans = [(None, None), ("2026-01-01T00:00:00Z", None), ("2026-05-20T03:00:00Z", None),
             ("2026-06-01T00:00:00Z", None), ("2026-01-01T00:00:00Z", "2026-05-20T12:00:00Z")]
    lasts = [None, "2026-05-19T00:00:00Z", "2026-05-20T00:00:00Z"]
    for (cron, zone), now, (start, end), last, catchup in itertools.product(
            schedules, nows, spans, lasts, (False, True)):
        if start is None and (catchup or last is None):
            continue  # who catches up names a start; first_run says what Airflow guesses
        trigger.utcnow = lambda now=now: when(now)
        timetable = trigger.CronTriggerTimetable(cron, timezone=zone)
        earlier = None if last is None else DataInterval.exact(when(last))
        info = timetable.next_dagrun_info(
            last_automated_data_interval=earlier,
            restriction=TimeRestriction(earliest=when(start), latest=when(end), catchup=catchup))
        rows.append({"cron": cron, "zone": zone, "now": now, "start_date": start, "end_date": end,
                     "last": last, "catchup": catchup,
                     "run_after": None if info is None else text(info.run_after)})
    return rows


class World:
    """A DAG in a real database: `width` tasks above one task per trigger rule."""

    def __init__(self, rules, widest):
        from airflow.models.dagbundle import DagBundleModel
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.models.dag import DagModel
        from airflow.providers.standard.operators.empty import EmptyOperator
        from airflow.sdk import DAG
        from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
        from airflow.utils.db import initdb
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        initdb()
        with DAG("cases", schedule=None, start_date=datetime.datetime(2026, 1, 1, tzinfo=UTC)) as dag:
            for width in range(1, widest + 1):
                above = [EmptyOperator(task_id=f"u{width}_{i}") for i in range(width)]
                for rule in rules:
                    above >> EmptyOperator(task_id=f"{rule}_{width}", trigger_rule=rule)
        self.session = create_session().__enter__()
        self.session.merge(DagBundleModel(name="dags-folder"))
        self.session.flush()
        self.session.add(DagModel(dag_id="cases", bundle_name="dags-folder", is_paused=False))
        self.session.flush()
        SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), bundle_name="dags-folder",
                                     session=self.session)
        self.session.flush()
        self.dag = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        now = pendulum.datetime(2026, 1, 2)
        self.run = self.dag.create_dagrun(
            run_id="r", logical_date=now, data_interval=(now, now), run_after=now,
            run_type=DagRunType.MANUAL, triggered_by=DagRunTriggeredByType.TEST,
            state=DagRunState.RUNNING, session=self.session)
        self.run.dag = self.dag
        self.session.flush()

    def verdict(self, rule, states):
        from airflow.ti_deps.dep_context import DepContext
        from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep

        width = len(states)
        for i, state in enumerate(states):
            above = self.run.get_task_instance(f"u{width}_{i}", session=self.session)
            above.state = None if state == "none" else state
        ti = self.run.get_task_instance(f"{rule}_{width}", session=self.session)
        ti.state = None
        ti.task = self.dag.get_task(ti.task_id)
        self.session.flush()
        context = DepContext(flag_upstream_failed=True)
        context.finished_tis = None
        met = all(status.passed for status in
                  TriggerRuleDep().get_dep_statuses(ti, session=self.session, dep_context=context))
        if ti.state is not None:
            return str(getattr(ti.state, "value", ti.state))
        return "run" if met else "wait"


RULES = ["all_success", "all_failed", "all_done", "all_skipped", "one_success", "one_failed",
         "one_done", "none_failed", "none_failed_min_one_success", "none_skipped", "always",
         "all_done_min_one_success"]
STATES = ["none", "running", "up_for_retry", "success", "failed", "skipped", "upstream_failed",
          "removed"]


def trigger_rows():
    world = World(RULES, 3)
    known = ["none", "success", "failed", "skipped", "upstream_failed"]
    upstreams = [[a] for a in STATES]
    upstreams += [list(pair) for pair in itertools.combinations_with_replacement(STATES, 2)]
    upstreams += [list(three) for three in itertools.combinations_with_replacement(known, 3)]
    return [{"rule": rule, "upstream": states, "verdict": world.verdict(rule, states)}
            for rule in RULES for states in upstreams]


def retry_rows():
    from types import SimpleNamespace
    from airflow.models.taskinstance import TaskInstance

    rows = []
    logical = pendulum.datetime(2026, 3, 29, 1, 30)
    end = pendulum.datetime(2026, 4, 1)
    settings = [(300, 0, None), (300, 1.0, None), (300, 2.0, None), (1, 2.0, None), (0, 2.0, None),
                (0.5, 1.5, None), (60, 3.0, 600), (30, 2.0, 20), (7, 1.1, None), (3600, 10.0, None),
                (300, 0, 60)]
    for (delay, multiplier, most), task, tries in itertools.product(
            settings, ["deploy", "g.t"], [1, 2, 3, 5, 12, 60]):
        ti = SimpleNamespace(
            retry_delay_override=None, end_date=end, dag_id="provision", task_id=task,
            logical_date=logical, try_number=tries, log=SimpleNamespace(warning=lambda *a: None),
            task=SimpleNamespace(
                retry_delay=datetime.timedelta(seconds=delay), retry_exponential_backoff=multiplier,
                max_retry_delay=None if most is None else datetime.timedelta(seconds=most)))
        at = TaskInstance.next_retry_datetime(ti)
        rows.append({"dag_id": "provision", "task_id": task, "logical_date": text(logical),
                     "retry_delay": delay, "retry_exponential_backoff": multiplier,
                     "max_retry_delay": most, "try_number": tries,
                     "wait": (at - end).total_seconds()})
    return rows


def main():
    import airflow

    print("Apache Airflow", airflow.__version__)
    OUT.mkdir(parents=True, exist_ok=True)
    write("cron.json", cron_rows())
    write("next_due.json", due_rows())
    write("retry_delay.json", retry_rows())
    write("trigger_rules.json", trigger_rows())


if __name__ == "__main__":
    sys.exit(main())
