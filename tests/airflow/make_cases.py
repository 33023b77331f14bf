#!/usr/bin/env python3
"""Asks a real Apache Airflow 3 what it would do, and writes its answers as test tables.

Usage: tests/airflow/run          (makes an environment, runs this, rewrites tests/cases/airflow)

Every expected value is computed by Airflow's own code on its own objects: croniter behind its
timetables, TriggerRuleDep on task instances in a database, TaskInstance.next_retry_datetime, the
weights of its task instances, the scheduler's choice of what to queue.
"""

import datetime
import itertools
import json
import os
import pathlib
import random
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


class Database:
    """Airflow's own tables, and DAGs written into them as its DAG processor does."""

    def __init__(self):
        from airflow.models.dagbundle import DagBundleModel
        from airflow.utils.db import initdb
        from airflow.utils.session import create_session

        initdb()
        self.session = create_session().__enter__()
        self.session.merge(DagBundleModel(name="dags-folder"))
        self.session.flush()

    def install(self, dag):
        from airflow.models.dag import DagModel
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG

        limits = any(task.max_active_tis_per_dag is not None for task in dag.tasks)
        self.session.add(DagModel(
            dag_id=dag.dag_id, bundle_name="dags-folder", is_paused=False,
            max_active_tasks=dag.max_active_tasks, max_active_runs=dag.max_active_runs,
            max_consecutive_failed_dag_runs=0, has_task_concurrency_limits=limits))
        self.session.flush()
        SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), bundle_name="dags-folder",
                                     session=self.session)
        self.session.flush()
        return DagSerialization.from_dict(DagSerialization.to_dict(dag))

    def run(self, dag, day=2):
        from airflow.models.dag_version import DagVersion
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        now = pendulum.datetime(2026, 1, day)
        run = dag.create_dagrun(
            run_id=f"r{day}", logical_date=now, data_interval=(now, now), run_after=now,
            run_type=DagRunType.MANUAL, triggered_by=DagRunTriggeredByType.TEST,
            state=DagRunState.RUNNING, session=self.session)
        run.dag = dag
        run.created_dag_version = DagVersion.get_latest_version(dag.dag_id, session=self.session)
        self.session.flush()
        return run


class World:
    """A DAG in a real database: `width` tasks above one task per trigger rule."""

    def __init__(self, database, rules, widest):
        from airflow.providers.standard.operators.empty import EmptyOperator
        from airflow.sdk import DAG

        with DAG("cases", schedule=None, start_date=datetime.datetime(2026, 1, 1, tzinfo=UTC)) as dag:
            for width in range(1, widest + 1):
                above = [EmptyOperator(task_id=f"u{width}_{i}") for i in range(width)]
                for rule in rules:
                    above >> EmptyOperator(task_id=f"{rule}_{width}", trigger_rule=rule)
        self.session = database.session
        self.dag = database.install(dag)
        self.run = database.run(self.dag)

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


def trigger_rows(database):
    world = World(database, RULES, 3)
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


def weight_rows(database):
    """Small graphs, each with tasks of all weight rules; the weights are those of its instances."""
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG

    rules = ["downstream", "upstream", "absolute"]
    luck = random.Random(20261126)
    graphs = []
    for size in [1, 2, 3, 4, 5, 6, 8, 10] * 8:
        mixed = luck.random() < 0.7
        one = luck.choice(rules)
        graphs.append([{"upstream": [above for above in range(i) if luck.random() < 2.0 / size],
                        "priority_weight": luck.choice([1, 1, 1, 2, 5, 10, 0, -3]),
                        "weight_rule": luck.choice(rules) if mixed else one}
                       for i in range(size)])
    with DAG("weights", schedule=None, start_date=datetime.datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        for n, graph in enumerate(graphs):
            made = [EmptyOperator(task_id=f"g{n}_{i}", priority_weight=task["priority_weight"],
                                  weight_rule=task["weight_rule"]) for i, task in enumerate(graph)]
            for i, task in enumerate(graph):
                for above in task["upstream"]:
                    made[above] >> made[i]
    run = database.run(database.install(dag))
    return [{"tasks": graph, "weights": [
        run.get_task_instance(f"g{n}_{i}", session=database.session).priority_weight
        for i in range(len(graph))]} for n, graph in enumerate(graphs)]


def slot_scenario(luck):
    """DAGs whose runs are bounded have nothing else that holds their tasks: Airflow numbers a run's
    ready tasks before it knows which of them can start, and leaves slots open where one cannot."""
    pools = {"p": luck.randint(1, 6), "q": luck.choice([2, 3, -1]), "wide": -1}
    weights = luck.sample(range(1, 200), 60)  # no two alike: Airflow leaves equals to the database
    dags = []
    for name in "de"[:luck.randint(1, 2)]:
        bounded = luck.random() < 0.4
        tasks = [{"task_id": f"t{i}", "weight": weights.pop(),
                  "pool": "wide" if bounded else luck.choice(["p", "p", "q", "nowhere"][:luck.randint(1, 4)]),
                  "pool_slots": luck.choice([1, 1, 1, 2, 3, 7]),
                  "max_active_tis_per_dag": None if bounded else luck.choice([None, None, None, 1, 2])}
                 for i in range(luck.randint(2, 7))]
        runs = [{"day": day, "states": [luck.choice(["scheduled", "scheduled", "scheduled", "running",
                                                     "none", "success"]) for _ in tasks]}
                for day in luck.sample(range(2, 9), luck.randint(1, 3))]
        dags.append({"dag_id": name, "max_active_tasks": luck.choice([1, 2, 3]) if bounded else 16,
                     "tasks": tasks, "runs": runs})
    running = sum(run["states"].count("running") for dag in dags for run in dag["runs"])
    return {"pools": pools, "parallelism": running + luck.choice([1, 2, 3, 30, 30, 30]), "dags": dags}


def slot_rows(database, count=150):
    """Ready task instances and limits; what the scheduler's critical section queues, in its order.

    It is asked until it queues nothing more: one round may leave slots open that the next fills.
    """
    from airflow.executors.local_executor import LocalExecutor
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models.pool import Pool
    from airflow.models.taskinstance import TaskInstance
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG
    from sqlalchemy import update

    session, luck, rows = database.session, random.Random(7), []
    for n in range(count):
        scene = slot_scenario(luck)
        session.execute(update(TaskInstance).values(state="success"))
        for name, slots in scene["pools"].items():
            session.add(Pool(pool=f"{n}{name}", slots=slots, description="", include_deferred=False))
        running = 0
        for spec in scene["dags"]:
            with DAG(f"slots{n}{spec['dag_id']}", schedule=None, max_active_tasks=spec["max_active_tasks"],
                     start_date=datetime.datetime(2026, 1, 1, tzinfo=UTC)) as dag:
                for task in spec["tasks"]:
                    EmptyOperator(task_id=task["task_id"], pool=f"{n}{task['pool']}",
                                  pool_slots=task["pool_slots"], priority_weight=task["weight"],
                                  max_active_tis_per_dag=task["max_active_tis_per_dag"])
            known = database.install(dag)
            for run in spec["runs"]:
                made = database.run(known, run["day"])
                for task, state in zip(spec["tasks"], run["states"]):
                    ti = made.get_task_instance(task["task_id"], session=session)
                    ti.state = None if state == "none" else state
                    running += state == "running"
        session.flush()
        started, free = [], scene["parallelism"] - running
        while free > 0:
            executor = LocalExecutor(parallelism=free)
            runner = SchedulerJobRunner(job=Job(), executors=[executor])
            found = runner._executable_task_instances_to_queued(max_tis=1000, session=session)
            if not found:
                break
            free -= len(found)
            started += [f"{ti.dag_id[-1]}.{ti.run_id[1:]}.{ti.task_id}" for ti in found]
        rows.append({**scene, "started": started})
    return rows


def main():
    import airflow

    print("Apache Airflow", airflow.__version__)
    OUT.mkdir(parents=True, exist_ok=True)
    write("cron.json", cron_rows())
    write("next_due.json", due_rows())
    write("retry_delay.json", retry_rows())
    database = Database()
    write("trigger_rules.json", trigger_rows(database))
    write("weights.json", weight_rows(database))
    write("slots.json", slot_rows(database))


if __name__ == "__main__":
    sys.exit(main())
