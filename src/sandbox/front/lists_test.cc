// Lists through the sandbox's door: whichever index a filter takes, the pages of a list hold all
// that a walk over everything would find, and each of it once.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "sandbox/front/resource_filter.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::World;
using Ids = std::vector<std::string>;

class Lists : public ::testing::Test {
 protected:
  static constexpr int kEach = 7;

  Lists() {
    for (const char* group : {"one", "two"}) {
      world.make_group(group);
      for (int i = 0; i < kEach; ++i) {
        const std::string number = std::to_string(i);
        const std::string tags = i % 3 == 0   ? R"({"team":"red","n":")" + number + "\"}"
                                 : i % 3 == 1 ? R"({"Team":"blue"})"
                                              : "{}";
        put(group, "Microsoft.Network/networkSecurityGroups", "nsg" + number, tags);
        put(group, "Microsoft.Network/routeTables", "rt" + number, tags);
      }
    }
  }

  void put(const std::string& group, const std::string& type, const std::string& name,
           const std::string& tags) {
    const auto done = world.call("PUT", id(group, type, name),
                                 R"({"location":"westeurope","tags":)" + tags + "}");
    ASSERT_LT(done.status, 300) << done.body;
  }
  std::string id(const std::string& group, const std::string& type, const std::string& name) {
    return world.group(group) + "/providers/" + type + "/" + name + "?api-version=2023-04-01";
  }
  // Ids of all pages, sorted.
  Ids pages(std::string path) {
    Ids out;
    for (int page = 0; !path.empty() && page < 100; ++page) {
      const Json list = world.get(path);
      const Json* value = find(list, "value");
      if (!value) return {dump(list)};
      for (const Json& item : value->as_array()) out.push_back(text_at(item, "id"));
      const std::string next = text_at(list, "nextLink");
      path = next.empty() ? "" : next.substr(world.cloud->url().size());
    }
    std::ranges::sort(out);
    return out;
  }
  static std::string query(const std::string& filter, int top) {
    return "/resources?$top=" + std::to_string(top) + "&$filter=" + http::percent_encode(filter);
  }
  // What the filter holds for of everything below the scope.
  Ids expected(const std::string& scope, const std::string& filter) {
    const auto parsed = ResourceFilter::parse(filter);
    return world.cloud->store().read([&](const State& state) {
      Ids out;
      for (const auto& [key, record] : state.table<Record>()) {
        const bool shown = starts_with_ci(record.type, "Microsoft.Network/");
        if (shown && starts_with_ci(key, scope + "/") && parsed->holds(key, record)) {
          out.push_back(record.id);
        }
      }
      std::ranges::sort(out);
      return out;
    });
  }

  World world;
};

TEST_F(Lists, EveryWalkFindsWhatTheFilterHoldsFor) {
  const std::vector<std::pair<const char*, std::size_t>> cases = {
      {"tagName eq 'team'",                                                          20},
      {"tagName eq 'TEAM' and tagValue eq 'red'",                                    12},
      {"tagValue eq 'red' and tagName eq 'team'",                                    12},
      {"tagName eq 'team' and tagValue eq 'Red'",                                    0 },
      {"tagName eq 'n' and tagValue eq '3'",                                         4 },
      {"tagName eq 'none'",                                                          0 },
      {"tagName eq 'team' and tagName eq 'n'",                                       12},
      {"tagName eq 'team' and tagValue eq 'blue' and resourceType eq "
       "'microsoft.network/ROUTETABLES'",                                     4 },
      {"tagName eq 'team' and resourceType eq 'Microsoft.Network/routeTables'",      10},
      {"tagName eq 'team' and resourceGroup eq 'TWO'",                               10},
      {"tagName eq 'team' and tagValue eq 'red' or name eq 'rt1'",                   14},
      {"(tagName eq 'team' or name eq 'rt2') and tagValue eq 'blue'",                8 },
      {"tagName ne 'team'",                                                          8 },
      {"startswith(tagName, 'te')",                                                  20},
      {"tagValue eq 'red'",                                                          12},
      {"resourceType eq 'Microsoft.Network/routeTables' and resourceGroup eq 'one'", 7 },
      {"resourceGroup eq 'one'",                                                     14},
      {"substringof('T1', name)",                                                    2 },
  };
  for (const auto& [filter, count] : cases) {
    for (const std::string& scope : {world.sub(), world.group("one")}) {
      const Ids all = expected(scope, filter);
      if (scope == world.sub()) {
        EXPECT_EQ(all.size(), count) << filter;
      }
      for (const int top : {2, 1000}) {
        EXPECT_EQ(pages(scope + query(filter, top)), all) << filter << " " << top;
      }
    }
  }
}

TEST_F(Lists, ATagsListFollowsChangesAndGoesOnBehindWhatIsGone) {
  const std::string red = "tagName eq 'team' and tagValue eq 'red'";
  const Json first = world.get(world.sub() + query(red, 3));
  const auto& shown = first.at("value").as_array();
  ASSERT_EQ(shown.size(), 3u);
  world.call("DELETE", text_at(shown[2], "id") + "?api-version=2023-04-01");
  Ids rest = pages(text_at(first, "nextLink").substr(world.cloud->url().size()));
  EXPECT_EQ(rest.size(), 9u);
  EXPECT_EQ(std::ranges::count(rest, text_at(shown[0], "id")), 0);

  world.call("PATCH", text_at(shown[0], "id") + "?api-version=2023-04-01",
             R"({"tags":{"team":"green"}})");
  EXPECT_EQ(pages(world.sub() + query(red, 1000)).size(), 10u);
  const Ids green = pages(world.sub() + query("tagName eq 'team' and tagValue eq 'green'", 1000));
  EXPECT_EQ(green, Ids{text_at(shown[0], "id")});

  world.restart();  // the index is made anew of what the file holds
  EXPECT_EQ(pages(world.sub() + query(red, 4)).size(), 10u);
}

TEST_F(Lists, AnItemIsTheEnvelopeOfTheResource) {
  const std::string identity = id("one", "Microsoft.Network/networkWatchers", "w");
  world.call("PUT", identity,
             R"({"location":"West Europe","kind":"k","sku":{"name":"Standard"},"zones":["1"],
                 "identity":{"type":"SystemAssigned"},"tags":{"a":"b"},"properties":{"x":1}})");
  const Json whole = world.get(identity);
  const Json list =
      world.get(world.sub() + query("name eq 'w'", 5) + "&$expand=createdTime,provisioningState");
  ASSERT_EQ(list.at("value").as_array().size(), 1u);
  JsonObject item = list.at("value").as_array()[0].as_object();
  EXPECT_EQ(text_at(item, "provisioningState"), "Succeeded");
  EXPECT_FALSE(text_at(item, "createdTime").empty());
  EXPECT_FALSE(text_at(item, "identity.principalId").empty());
  item.erase("provisioningState");
  item.erase("createdTime");
  JsonObject envelope = whole.as_object();
  for (const char* name : {"properties", "etag", "systemData"}) envelope.erase(name);
  EXPECT_EQ(canonical(item), canonical(envelope));
}

TEST(ResourceFilter, FullNamesAreReadFromTheLastProvider) {
  const std::string group = "/subscriptions/s/resourceGroups/g";
  EXPECT_EQ(full_name(group + "/providers/A.B/c/X"), "X");
  EXPECT_EQ(full_name(group + "/providers/A.B/c/X/d/y"), "X/y");
  EXPECT_EQ(full_name(group + "/providers/A.B/c/X/providers/E.F/g/h"), "h");
  EXPECT_EQ(full_name(group), "g");
}

}  // namespace
}  // namespace armature::sandbox
