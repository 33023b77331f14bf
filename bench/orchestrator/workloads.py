"""What is to be run: tasks, what each waits for, and what each does."""
import dataclasses


@dataclasses.dataclass
class Workload:
    name: str
    title: str
    tasks: dict  # id → ids that it waits for, in an order in which they could run
    body: tuple = ("noop",)
    native: bool = False  # nothing is started: the engine's own no-op
    runs: int = 1

    @property
    def on_path(self):
        """Tasks on the longest chain."""
        depth = {}
        for task, after in self.tasks.items():
            depth[task] = 1 + max((depth[one] for one in after), default=0)
        return max(depth.values())


def fan_out(width):
    middle = [f"t{i}" for i in range(width)]
    return {"start": [], **{one: ["start"] for one in middle}, "end": middle}


def chain(length):
    return {f"t{i}": [f"t{i - 1}"] if i else [] for i in range(length)}


def diamond(width):
    middle = [f"b{i}" for i in range(width)]
    return {"a": [], **{one: ["a"] for one in middle}, "c": middle}


def workloads(part):
    """`part` of the whole size."""
    def size(whole):
        return max(2, int(whole * part))

    wide, long = size(1000), size(100)
    return [
        Workload("W1a", f"fan-out of {wide}", fan_out(wide)),
        Workload("W1b", f"fan-out of {wide}, native", fan_out(wide), native=True),
        Workload("W2a", f"chain of {long}", chain(long)),
        Workload("W2b", f"chain of {long}, native", chain(long), native=True),
        Workload("W3", f"chain of {size(40)}, fib 10", chain(size(40)), ("fib", "10")),
        Workload("W4", f"chain of {size(10)}, 1 s each", chain(size(10)), ("burn", "1000")),
        Workload("W6a", f"{size(100)} runs of a diamond of 10", diamond(8), runs=size(100)),
        Workload("W6b", f"{size(100)} runs of a diamond of 10, native", diamond(8), native=True, runs=size(100)),
    ]
