#include "dag/slots.h"

#include <gtest/gtest.h>

#include "dag/testing.h"

namespace armature::dag {
namespace {

struct Wish {  // one task of the run's DAG
  const char* name;
  int weight = 1;
  const char* pool = "default_pool";
  int slots = 1;
  std::optional<int> cap = {};
};

// A run of a DAG of its own whose tasks are all ready, but those that run.
struct RunOf {
  RunOf(const std::string& dag_id, std::int64_t row, int hour, const std::vector<Wish>& wishes)
      : dag(*DagId::parse(dag_id)), id(row), date(from_micros(hour * 3'600'000'000LL)) {
    for (const Wish& wish : wishes) {
      TaskDef task(*TaskId::parse(wish.name));
      task.total_weight = wish.weight;
      task.pool = wish.pool;
      task.pool_slots = wish.slots;
      task.max_active_tis_per_dag = wish.cap;
      dag.tasks.push_back(std::move(task));
    }
  }
  DagDef dag;
  std::int64_t id;
  Instant date;
  std::vector<std::size_t> running = {};
  std::map<std::string, std::set<ReadyTask>> ready = {};
};

std::string started(std::vector<RunOf> runs, const Pools& pools, int parallelism = 32) {
  Occupied occupied;
  std::vector<Lane> lanes;
  for (RunOf& run : runs) {
    for (const std::size_t task : run.running) occupied.start(run.id, run.dag, task);
    for (std::size_t i = 0; i < run.dag.tasks.size(); ++i) {
      if (std::ranges::find(run.running, i) != run.running.end()) continue;
      run.ready[run.dag.tasks[i].pool].insert({run.dag.tasks[i].total_weight, i});
    }
    for (const auto& [pool, ready] : run.ready) {
      lanes.push_back({run.id, run.date, &run.dag, pool, &ready});
    }
  }
  std::string out;
  for (const Start& start : choose(lanes, pools, occupied, parallelism)) {
    const Lane& lane = lanes[start.lane];
    out += (out.empty() ? "" : " ") + std::to_string(lane.run) + "." +
           lane.dag->tasks[start.task].id.str();
  }
  return out;
}

Pools pools(std::initializer_list<std::pair<const char*, int>> list) {
  Pools out{
      {"default_pool", {"default_pool", 128, ""}}
  };
  for (const auto& [name, slots] : list) out[name] = Pool{name, slots, ""};
  return out;
}

TEST(Slots, WhatStartsAndInWhichOrder) {
  RunOf narrow("d", 1, 0,
               {
                   {"a"},
                   { "b",  3},
                   { "c",  2}
  });
  narrow.dag.max_active_tasks = 2;
  RunOf busy = narrow;
  busy.running = {0};
  RunOf capped_now("d", 1, 0,
                   {
                       {"a", 1, "default_pool", 1, 2}
  });
  RunOf capped_later("d", 2, 1,
                     {
                         {"a", 1, "default_pool", 1, 2}
  });
  RunOf capped_last("d", 3, 2,
                    {
                        {"a", 1, "default_pool", 1, 2}
  });
  RunOf holds("e", 9, 9,
              {
                  {"x", 1, "p", 3}
  });
  holds.running = {0};
  const struct {
    const char* name;
    std::vector<RunOf> runs;
    Pools all;
    int parallelism;
    const char* expected;
  } kTable[] = {
      {"weight before date, date before place",
       {{"d", 1, 5, {{"a"}, {"b", 2}}}, {"d", 2, 4, {{"a"}, {"b", 2}}}},
       pools({}),
       32,                                                                                                                       "2.b 1.b 2.a 1.a"},
      {"equal dates: the older run; then file order",
       {{"d", 7, 0, {{"z"}, {"a"}}}, {"e", 3, 0, {{"q"}}}},
       pools({}),
       32,                                                                                                                       "3.q 7.z 7.a"    },
      {"parallelism counts what runs",
       {busy, {"e", 2, 0, {{"x", 9}, {"y", 8}}}},
       pools({}),
       3,                                                                                                                        "2.x 2.y"        },
      {"max_active_tasks of the run",                              {narrow, {"e", 2, 0, {{"x"}}}},        pools({}),         32, "1.b 1.c 2.x"    },
      {"max_active_tasks counts what runs",                        {busy},                                pools({}),         32, "1.b"            },
      {"a pool's slots, and the others go on",
       {{"d", 1, 0, {{"a", 9, "p"}, {"b", 8, "p"}, {"c", 7, "p"}, {"x", 1}}}},
       pools({{"p", 2}}),
       32,                                                                                                                       "1.a 1.b 1.x"    },
      {"one that needs more than is open lets a lighter one pass",
       {{"d", 1, 0, {{"a", 9, "p", 2}, {"b", 8, "p", 2}, {"c", 7, "p"}}}},
       pools({{"p", 3}}),
       32,                                                                                                                       "1.a 1.c"        },
      {"one that needs more than the pool has never starts",
       {{"d", 1, 0, {{"a", 9, "p", 4}, {"c", 7, "p"}}}},
       pools({{"p", 3}}),
       32,                                                                                                                       "1.c"            },
      {"slots that run are counted, by size",
       {holds, {"d", 1, 0, {{"a", 1, "p"}, {"b", 1, "p"}}}},
       pools({{"p", 4}}),
       32,                                                                                                                       "1.a"            },
      {"an overfull pool",                                         {holds, {"d", 1, 0, {{"a", 1, "p"}}}}, pools({{"p", 1}}), 32, ""               },
      {"a pool without slots",                                     {{"d", 1, 0, {{"a", 1, "p"}}}},        pools({{"p", 0}}), 32, ""               },
      {"-1 is no bound",
       {holds, {"d", 1, 0, {{"a", 1, "p", 900}}}},
       pools({{"p", kUnlimitedSlots}}),
       32,                                                                                                                       "1.a"            },
      {"a pool that is not there",                                 {{"d", 1, 0, {{"a", 9, "p"}, {"b"}}}}, pools({}),         32, "1.b"            },
      {"max_active_tis_per_dag over runs",
       {capped_last, capped_now, capped_later},
       pools({}),
       32,                                                                                                                       "1.a 2.a"        },
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(started(row.runs, row.all, row.parallelism), row.expected) << row.name;
  }
}

TEST(Slots, SayWhatHolds) {
  RunOf run("d", 1, 0,
            {
                {"a", 1, "p", 2, 1}
  });
  const Lane lane{run.id, run.date, &run.dag, "p", nullptr};
  const auto reason = [&](const Pools& all, int of_this, int parallelism = 32) {
    Occupied occupied;
    for (int i = 0; i < of_this; ++i) occupied.start(2 + i, run.dag, 0);
    return held_by(lane, 0, all, occupied, parallelism).value_or("nothing");
  };
  EXPECT_EQ(reason(pools({
                       {"p", 2}
  }),
                   0),
            "nothing");
  EXPECT_EQ(reason(pools({}), 0), "there is no pool 'p'");
  EXPECT_EQ(reason(pools({
                       {"p", 2}
  }),
                   1),
            "pool 'p' has no open slot");
  EXPECT_EQ(reason(pools({
                       {"p", 1}
  }),
                   0),
            "pool 'p' never has the 2 slots it needs");
  EXPECT_EQ(reason(pools({
                       {"p", 3}
  }),
                   1),
            "pool 'p' has fewer open slots than the 2 it needs");
  EXPECT_EQ(reason(pools({
                       {"p", 9}
  }),
                   1),
            "max_active_tis_per_dag (1) of the task are running");
  EXPECT_EQ(reason(pools({
                       {"p", 9}
  }),
                   0, 0),
            "the server runs its orchestrator.parallelism (0) of attempts");
  run.dag.max_active_tasks = 1;
  Occupied same;
  same.start(run.id, run.dag, 0);
  EXPECT_EQ(*held_by(lane, 0,
                     pools({
                         {"p", 9}
  }),
                     same, 32),
            "the run has max_active_tasks (1) running");
}

TEST(Slots, AWeightStaysAnInt32) {
  DagDef dag = testing::make_dag("d", {
                                          {"a", {}   },
                                          {"b", {"a"}},
                                          {"c", {"b"}}
  });
  for (TaskDef& task : dag.tasks) task.priority_weight = 1'000'000'000;
  EXPECT_EQ(total_weights(dag), (std::vector<int>{2'147'483'647, 2'000'000'000, 1'000'000'000}));
  for (TaskDef& task : dag.tasks) task.priority_weight = -1'000'000'000;
  EXPECT_EQ(total_weights(dag)[0], -2'147'483'648);
}

}  // namespace
}  // namespace armature::dag
