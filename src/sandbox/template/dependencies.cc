// The edges between resources: dependsOn, reference() and list*() by name, serial loops, cycles.
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/nested.h"
#include "sandbox/template/resources.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

// Members that say where and when a resource goes, not what it is: no reference() in there.
bool is_start_time(std::string_view key) {
  for (const std::string_view name :
       {"condition", "type", "apiVersion", "name", "comments", "dependsOn", "copy", "resources",
        "existing", "scope", "subscriptionId", "resourceGroup", "metadata"}) {
    if (equal_ci(name, key)) return true;
  }
  return false;
}

class Connector {
 public:
  Connector(Context& context, Directory& directory) : context_(context), directory_(directory) {}

  std::optional<TemplateError> source(std::size_t index) {
    Source& source = directory_.sources()[index];
    self_ = index;
    edges_.clear();
    Evaluator evaluator(context_, Phase::kStart, nullptr, nullptr, source.loops);
    if (const Json* written = find_ci(*source.written, "dependsOn")) {
      auto entries = evaluator.value(*written);
      if (!entries && entries.error().code == kNotYetKnown) entries = Json(nullptr);
      if (!entries) return within(within(entries.error(), "dependsOn"), source.path);
      if (auto error = explicit_edges(*entries)) {
        return within(within(*std::move(error), "dependsOn"), source.path);
      }
    }
    for (const auto& [key, member] : *source.written) {
      if (!is_start_time(key)) implicit(evaluator, member, *source.written, key);
    }
    batches(source);
    source.resource.depends_on.assign(edges_.begin(), edges_.end());
    return std::nullopt;
  }

 private:
  std::optional<TemplateError> explicit_edges(const Json& entries) {
    if (entries.is_null()) return std::nullopt;
    const auto* array = entries.if_array();
    if (array == nullptr)
      return invalid_template("The 'dependsOn' of a resource must be an array.");
    for (const Json& entry : *array) {
      if (entry.is_null() || (entry.is_string() && as_text(entry).empty())) continue;
      if (!entry.is_string()) return invalid_template("A 'dependsOn' entry must be a string.");
      const auto hits = directory_.find(as_text(entry));
      const bool complete = context_.surroundings.preview == Preview::kNo;
      if (hits.empty() && complete && !directory_.declares(as_text(entry))) {
        return invalid_template("The resource '" + short_name(as_text(entry)) +
                                "' is not defined in the template. Please see "
                                "https://aka.ms/arm-template for usage details.");
      }
      add(hits);
    }
    return std::nullopt;
  }

  // Of an id the part after its last "/providers/", as ARM's message shows it.
  static std::string short_name(std::string_view entry) {
    const auto at = to_lower(entry).rfind("/providers/");
    return std::string(at == std::string::npos ? entry : entry.substr(at + 11));
  }

  void add(const std::vector<std::size_t>& hits) {
    for (const std::size_t hit : hits) {
      // A name that several resources share may be this resource's own as well.
      if (hit == self_ && hits.size() > 1) continue;
      if (directory_.sources()[hit].active) edges_.insert(hit);
    }
  }

  void implicit(Evaluator& evaluator, const Json& written, const JsonObject& owner,
                std::string_view key) {
    if (written.is_string()) {
      const std::string_view text = as_text(written);
      if (!is_expression(text)) return;
      if (const auto tree = evaluator.tree(text.substr(1, text.size() - 2)))
        calls(evaluator, **tree);
      return;
    }
    if (const auto* array = written.if_array()) {
      for (const Json& element : *array) implicit(evaluator, element, owner, key);
    }
    const auto* object = written.if_object();
    if (object == nullptr) return;
    const bool foreign = equal_ci(key, "properties") && inner_scope_template(owner) != nullptr;
    for (const auto& [name, member] : *object) {
      if (foreign && equal_ci(name, "template")) continue;
      implicit(evaluator, member, *object, name);
    }
  }

  void calls(Evaluator& evaluator, const Node& tree) {
    for (const Node& child : tree.children) calls(evaluator, child);
    if (tree.kind != NodeKind::kCall || !tree.name_space.empty() || tree.children.empty()) return;
    const Function* function = find_function(tree.text);
    if (function == nullptr || !function->run_time) return;
    // What cannot be known yet names nothing by itself: such a call needs a dependsOn.
    const auto name = evaluator.node(tree.children[0]);
    if (!name || !name->is_string() || as_text(*name).starts_with('/')) return;
    auto hits = directory_.find(as_text(*name));
    std::erase(hits, self_);
    add(hits);
  }

  // In a serial loop every iteration waits for the batch before its own.
  void batches(const Source& source) {
    if (source.batch_size == 0) return;
    const std::int64_t batch = source.iteration / source.batch_size;
    const auto& all = directory_.sources();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool same_loop = all[i].written == source.written &&
                             all[i].resource.copy_loop == source.resource.copy_loop &&
                             all[i].loops.size() == source.loops.size();
      if (same_loop && all[i].active && all[i].iteration / source.batch_size == batch - 1) {
        edges_.insert(i);
      }
    }
  }

  Context& context_;
  Directory& directory_;
  std::size_t self_ = 0;
  std::set<std::size_t> edges_;
};

std::optional<TemplateError> check_cycles(const Directory& directory) {
  const auto& sources = directory.sources();
  std::vector<std::size_t> waiting(sources.size(), 0);
  std::vector<std::vector<std::size_t>> successors(sources.size());
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    waiting[i] = sources[i].resource.depends_on.size();
    for (const std::size_t before : sources[i].resource.depends_on) successors[before].push_back(i);
    if (waiting[i] == 0) ready.push_back(i);
  }
  std::size_t done = 0;
  while (!ready.empty()) {
    const std::size_t next = ready.back();
    ready.pop_back();
    ++done;
    for (const std::size_t after : successors[next]) {
      if (--waiting[after] == 0) ready.push_back(after);
    }
  }
  if (done == sources.size()) return std::nullopt;
  // Going back along unfinished resources ends inside the cycle, not on what merely waits for it.
  auto at = static_cast<std::size_t>(
      std::ranges::find_if(waiting, [](std::size_t left) { return left > 0; }) - waiting.begin());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const std::size_t before : sources[at].resource.depends_on) {
      if (waiting[before] > 0) {
        at = before;
        break;
      }
    }
  }
  return TemplateError{"InvalidTemplateCircularDependency",
                       "Circular dependency detected on resource: '" + sources[at].resource.id +
                           "'. Please see https://aka.ms/arm-template/#resources for usage "
                           "details.",
                       sources[at].path};
}

}  // namespace

std::optional<TemplateError> connect(Context& context, Directory& directory) {
  Connector connector(context, directory);
  for (std::size_t i = 0; i < directory.sources().size(); ++i) {
    if (!directory.sources()[i].active) continue;
    if (auto error = connector.source(i)) return error;
  }
  return check_cycles(directory);
}

}  // namespace armature::sandbox::tmpl
