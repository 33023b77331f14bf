#pragma once
// The ARM template language: from a template, parameters and a deployment's surroundings to
// resources in order, and later to their bodies and the outputs. Pure: looks nothing up by itself.
//
//   expand    start of a deployment: checks the document and the parameters; evaluates names,
//   types,
//             conditions, copy loops, dependencies; gives resources with their ids and edges.
//             Nothing that needs reference() or list*() is evaluated yet
//   body_of   when a resource's dependencies are done: its properties and the rest, with run-time
//             functions answered by `lookup`
//   outputs   when all is done
//   preview   before anything runs: bodies in which what only the deployment itself can tell stays
//   an
//             expression (what-if, validate)
//   Errors    TemplateError: ARM's code, message and JSON path (line and column come with the text)
//   Limits    800 resources, depth, expression length and steps are bounded
//   Source    learn.microsoft.com, "Understand the structure and syntax of ARM templates", template
//             functions; verified values in tests
//   Threads   pure
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace armature::sandbox::tmpl {

struct TemplateError {
  std::string code;  // "InvalidTemplate", "DeploymentParameterNotFound"…
  std::string message;
  std::string path;  // "resources[2].properties.subnets"
  // Of the path in the template's text, from 1; 0 where that is not at hand.
  int line = 0;
  int column = 0;
  std::optional<std::size_t> offset =
      std::nullopt;  // inside of the expression at the path, without its bracket
};

template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(TemplateError error) : state_(std::in_place_index<1>, std::move(error)) {}
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const TemplateError& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, TemplateError> state_;
};

// Does expand() prepare a run, or a look ahead? In a preview, secure values that were given,
// utcNow() and newGuid() are not known; below the request's own template (kNested) neither is a
// given value that is an expression, because the preview of the parent left it as one.
enum class Preview { kNo, kRequest, kNested };

// What the template can ask about where it is deployed.
struct Surroundings {
  Preview preview = Preview::kNo;
  std::string scope;    // "/subscriptions/…/resourceGroups/…": where resources go
  Json deployment;      // what deployment() answers
  Json subscription;    // subscription(); null outside one
  Json resource_group;  // resourceGroup(); null outside one
  Json management_group;
  Json tenant;
  Json environment;  // environment()
  std::string deployment_location;
  Instant now;                            // utcNow()
  std::function<std::string()> new_guid;  // newGuid()
  Json deployer;                          // deployer(); null when not known
  // The document as its author wrote it, for lines and columns; null when not at hand.
  std::shared_ptr<const std::string> text;
  // providers() and pickZones(): {resourceType, locations, apiVersions, zoneMappings?} of one type;
  // null when the type is not known. Without it both functions see no types.
  std::function<Json(const std::string& name_space, const std::string& type)> provider_type;
};

// Answers reference() and list*() at run time.
class Lookup {
 public:
  virtual ~Lookup() = default;
  // `full`: the whole resource; otherwise its properties.
  virtual Outcome<Json> reference(const std::string& resource_id, const std::string& api_version,
                                  bool full) = 0;
  virtual Outcome<Json> list(const std::string& function, const std::string& resource_id,
                             const std::string& api_version, const Json& body) = 0;
};

struct Resource {
  std::size_t index = 0;
  std::string symbol;     // its key in a symbolic-name template, else ""
  std::string copy_loop;  // the loop it came from, else ""
  std::string type;       // full: "Microsoft.Network/virtualNetworks/subnets"
  std::string name;       // full: "vnet/subnet"
  std::string api_version;
  std::string id;              // full resource id, its own scope considered
  bool existing = false;       // languageVersion 2.0: read, not written
  bool is_deployment = false;  // Microsoft.Resources/deployments: a nested deployment
  std::string extension;       // its provider, when that is not ARM: "Kubernetes"; then id is a
                               // place below the deployment, and no request reaches it
  std::vector<std::size_t>
      depends_on;  // indexes into Plan::resources(); conditions and copies applied
  // A loop in mode serial: also depends on the batch before, already among depends_on.
};

// A resource whose id only the deployment will tell: its place, and what can be told.
struct Unidentified {
  std::string path;
  std::string type;
  std::string name;
};

class Plan {
 public:
  struct Impl;
  explicit Plan(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  const std::vector<Resource>& resources() const;  // conditions false left out; in template order
  // The declared parameters as ARM shows them: {name: {type, value}}; secure ones without value.
  Json parameters() const;
  Json providers() const;     // [{namespace, resourceTypes: [{resourceType, locations}]}]
  Json dependencies() const;  // [{dependsOn: [...], id, resourceType, resourceName}]
  // The request body of one resource, ready to PUT: {location, tags, sku, kind, identity,
  // properties …}
  Outcome<Json> body_of(std::size_t index, Lookup& lookup) const;
  // The same as far as it can be told before the deployment runs; the rest stays expressions.
  Outcome<Json> preview_of(std::size_t index) const;
  const std::vector<Unidentified>& unidentified() const;  // in a preview
  // {name: {type, value}}; secure outputs without value.
  Outcome<Json> outputs(Lookup& lookup) const;

 private:
  std::shared_ptr<Impl> impl_;
};

// `parameters`: {name: {"value": …}} as in a deployment request.
Outcome<Plan> expand(const Json& document, const Json& parameters,
                     const Surroundings& surroundings);

// ARM's hash functions, exposed for tests and other users.
std::string unique_string(const std::vector<std::string>& arguments);
std::string minified_template(const Json& document);  // what the hash is taken of
std::string template_hash(const Json& document);

}  // namespace armature::sandbox::tmpl
