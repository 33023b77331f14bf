#include "base/time.h"

#include <gtest/gtest.h>

namespace armature {
namespace {

constexpr const char* kAmsterdam = "Europe/Amsterdam";

Instant at(std::string_view text) {
  const auto instant = from_rfc3339(text);
  EXPECT_TRUE(instant) << text;
  return instant ? *instant : Instant{};
}
LocalTime local(std::string_view text) {
  return LocalTime{std::chrono::floor<std::chrono::seconds>(at(text).time_since_epoch())};
}

TEST(Time, WritesRfc3339) {
  EXPECT_EQ(to_rfc3339(from_micros(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(from_micros(1'700'000'000'000'000)), "2023-11-14T22:13:20Z");
  EXPECT_EQ(to_rfc3339(from_micros(1'700'000'000'000'001)), "2023-11-14T22:13:20.000001Z");
  EXPECT_EQ(to_rfc3339(from_micros(-1)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_airflow_iso(from_micros(1'700'000'000'000'000)), "2023-11-14T22:13:20+00:00");
  EXPECT_EQ(to_airflow_iso(from_micros(1'700'000'000'500'000)), "2023-11-14T22:13:20.500000+00:00");
}

TEST(Time, ReadsRfc3339) {
  const struct {
    const char* text;
    const char* same;
  } kTable[] = {
      {"2026-11-24",                   "2026-11-24T00:00:00Z"       },
      {"2026-11-24T08:30:00+01:00",    "2026-11-24T07:30:00Z"       },
      {"2026-11-24T08:30:00-0530",     "2026-11-24T14:00:00Z"       },
      {"2026-11-24 08:30:00z",         "2026-11-24T08:30:00Z"       },
      {"2026-11-24T08:30",             "2026-11-24T08:30:00Z"       },
      {"2026-11-24T08:30:00.5Z",       "2026-11-24T08:30:00.500000Z"},
      {"2026-11-24T08:30:00.1234567Z", "2026-11-24T08:30:00.123456Z"},
      {"2024-02-29T00:00:00Z",         "2024-02-29T00:00:00Z"       },
      {"1969-12-31T23:59:59.999999Z",  "1969-12-31T23:59:59.999999Z"},
  };
  for (const auto& row : kTable) EXPECT_EQ(to_rfc3339(at(row.text)), row.same) << row.text;
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "2026", "2026-13-01", "2026-02-29", "2026-1-01", "26-01-01", "2026-11-24T",
        "2026-11-24T24:00:00Z", "2026-11-24T08:60:00Z", "2026-11-24T08:30:61Z",
        "2026-11-24T08:30:00.Z", "2026-11-24T08:30:00+24:00", "2026-11-24T08:30:00Zx",
        "2026-11-24T-8:30:00Z", "+026-11-24", "2026-11-24T08:30:00+1"}) {
    EXPECT_FALSE(from_rfc3339(text)) << text;
  }
}

TEST(Time, ReadsDurations) {
  const struct {
    const char* text;
    double seconds;
  } kTable[] = {
      {"30s",        30       },
      {"5m",         300      },
      {"1h30m",      5400     },
      {"2d",         172'800  },
      {"1w",         604'800  },
      {"250ms",      0.25     },
      {"1m250ms",    60.25    },
      {"1.5h",       5400     },
      {"90",         90       },
      {"0.5",        0.5      },
      {"0",          0        },
      {" 10s ",      10       },
      {"PT5M",       300      },
      {"pt5m",       300      },
      {"P1D",        86'400   },
      {"P1DT2H3M4S", 93'784   },
      {"P2W",        1'209'600},
      {"PT0.5S",     0.5      },
      {"PT36H",      129'600  },
  };
  for (const auto& row : kTable) {
    const auto length = parse_duration(row.text);
    ASSERT_TRUE(length) << row.text;
    EXPECT_EQ(length->count(), static_cast<std::int64_t>(row.seconds * 1e6)) << row.text;
  }
}

TEST(Time, RefusesWhatIsNoDuration) {
  for (const char* text :
       {"",    "s",   "5x",  "5i",   "-5s", "-1",  "5 m",  "1h-5m", "P",      "PT", "P1DT",
        "P1Y", "P1M", "PT5", "PT5X", "inf", "nan", "infs", "1e12",  "1e300h", "5M", "PT1MS"}) {
    const auto length = parse_duration(text);
    ASSERT_FALSE(length) << text;
    EXPECT_EQ(length.error().code, Code::kInvalid);
    EXPECT_NE(length.error().message.find("is not a duration"), std::string::npos) << text;
  }
}

TEST(Time, WritesDurations) {
  const struct {
    std::int64_t millis;
    const char* text;
  } kTable[] = {
      {0,          "0ms"     },
      {250,        "250ms"   },
      {1000,       "1s"      },
      {1500,       "1.5s"    },
      {45'000,     "45s"     },
      {5'400'000,  "1h30m"   },
      {60'000,     "1m"      },
      {61'000,     "1m1s"    },
      {86'400'000, "1d"      },
      {90'061'000, "1d1h1m1s"}
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(format_duration(std::chrono::milliseconds(row.millis)), row.text);
  }
}

TEST(Time, AmsterdamChangesItsClocks) {
  const struct {
    const char* name;
    const char *civil, *utc;
    LocalKind kind;
  } kTable[] = {
      {"winter",             "2026-01-15T12:00:00", "2026-01-15T11:00:00Z", LocalKind::kUnique  },
      {"summer",             "2026-07-15T12:00:00", "2026-07-15T10:00:00Z", LocalKind::kUnique  },
      {"before the gap",     "2026-03-29T01:59:59", "2026-03-29T00:59:59Z", LocalKind::kUnique  },
      {"start of the gap",   "2026-03-29T02:00:00", "2026-03-29T01:00:00Z", LocalKind::kSkipped },
      {"inside the gap",     "2026-03-29T02:30:00", "2026-03-29T01:00:00Z", LocalKind::kSkipped },
      {"after the gap",      "2026-03-29T03:00:00", "2026-03-29T01:00:00Z", LocalKind::kUnique  },
      {"before the fold",    "2026-10-25T01:59:59", "2026-10-24T23:59:59Z", LocalKind::kUnique  },
      {"the earlier of two", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z", LocalKind::kRepeated},
      {"after the fold",     "2026-10-25T03:00:00", "2026-10-25T02:00:00Z", LocalKind::kUnique  },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto zoned = from_local(local(row.civil), kAmsterdam);
    ASSERT_TRUE(zoned) << zoned.error().message;
    EXPECT_EQ(to_rfc3339(zoned->at), row.utc);
    EXPECT_EQ(zoned->kind, row.kind);
    const auto back = to_local(zoned->at, kAmsterdam);
    ASSERT_TRUE(back);
    if (row.kind == LocalKind::kSkipped) {
      EXPECT_EQ(*back, local("2026-03-29T03:00:00"));
    } else {
      EXPECT_EQ(*back, local(row.civil));
    }
  }
  // The later of the two is reached from its instant.
  EXPECT_EQ(*to_local(at("2026-10-25T01:30:00Z"), kAmsterdam), local("2026-10-25T02:30:00"));
}

TEST(Time, ZonesAreChecked) {
  for (const char* zone : {"UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kolkata"}) {
    EXPECT_TRUE(check_time_zone(zone)) << zone;
  }
  for (const char* zone : {"", "Mars", "../../etc/passwd", "Europe"}) {
    EXPECT_FALSE(check_time_zone(zone)) << zone;
  }
  const auto wrong = check_time_zone("Europe/Amsterdm");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kInvalid);
  EXPECT_EQ(wrong.error().message,
            "unknown time zone 'Europe/Amsterdm'; did you mean 'Europe/Amsterdam'?");
}

}  // namespace
}  // namespace armature
