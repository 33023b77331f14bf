#pragma once
// The resources of a template as expand found them, and how names are resolved among them.
//
//   Source     one resource after copy loops and child resources are spread out; also those whose
//              condition is false, because dependsOn may name them
//   Directory  finds sources by symbol, loop name, id, name, type/name; never by part of a name
//              other than its last segment
//   Lifetime   Source::written points into Context::document
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/template/evaluator.h"

namespace armature::sandbox::tmpl {

struct Source {
  Resource resource;
  bool active = true;
  bool unidentified = false;  // in a preview: its id is not known yet
  const JsonObject* written = nullptr;
  std::string path;  // "resources[2].resources[0]"
  std::vector<Loop> loops;
  std::string location;
  std::string plain_id;  // the id at the deployment's own scope, as resourceId() gives it
  std::int64_t iteration = 0;
  std::int64_t batch_size = 0;  // 0: the loop runs in parallel
};

class Directory {
 public:
  void add(Source source);
  // A symbol or loop that exists even when it has no iteration.
  void declare(std::string_view name);
  bool declares(std::string_view name) const;
  std::vector<Source>& sources() { return sources_; }
  const std::vector<Source>& sources() const { return sources_; }
  // Indexes of the sources that `text` names; empty when none.
  std::vector<std::size_t> find(std::string_view text) const;
  std::vector<std::size_t> find_symbol(std::string_view symbol) const;

 private:
  using Index = std::map<std::string, std::vector<std::size_t>, std::less<>>;
  std::vector<Source> sources_;
  std::set<std::string> declared_;
  Index symbols_, loops_, ids_, plain_ids_, names_, typed_, tails_, last_segments_;
};

// Walks the document's resources. The number of resources is bounded.
Outcome<Directory> expand_resources(Context& context);
// Fills depends_on with indexes into Directory::sources(), inactive ones left out.
std::optional<TemplateError> connect(Context& context, Directory& directory);

// "/…/providers/ns/a/x/b/y" from "ns/a/b" and "x/y"; resource groups have their own form.
std::string resource_id(std::string_view scope, std::string_view type, std::string_view name);
std::string subscription_scope(std::string_view scope);  // "/subscriptions/…" or ""
std::string group_scope(std::string_view scope);  // "/subscriptions/…/resourceGroups/…" or ""

}  // namespace armature::sandbox::tmpl
