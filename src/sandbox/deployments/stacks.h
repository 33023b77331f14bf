#pragma once
// Deployment stacks: a deployment whose resources stay together. What a later version of its
// template leaves out is detached or deleted, and deny assignments may guard what it manages.
//
//   handle    the routes below Microsoft.Resources/deploymentStacks; rights are checked before
//   Run       PUT starts a deployment of its own in the caller's name; when that has ended, what is
//             no longer named is unmanaged, then the deny assignments are put. A stack whose
//             deployment failed keeps what it had and what was put
//   Restart   resume() goes on with stacks that had not ended
//   Source    "Deployment stacks", API 2024-03-01; recorded answers
//   Threads   any
//   Lifetime  cloud and engine outlive it; its work ends with the engine's
#include "sandbox/cloud.h"
#include "sandbox/deployments/request.h"

namespace armature::sandbox {

class Engine;

class Stacks {
 public:
  Stacks(Cloud& cloud, Engine& engine) : cloud_(cloud), engine_(engine) {}
  ArmAnswer handle(const ArmCall& call);
  void resume();

 private:
  ArmAnswer route(const ArmCall& call);
  ArmAnswer put(const ArmCall& call);
  ArmAnswer validate(const ArmCall& call);
  ArmAnswer export_template(const ArmCall& call);
  ArmAnswer remove(const ArmCall& call);

  // stack_run.cc
  void deploy(const std::string& key, const ArmCall& deployment);
  void deployed(const std::string& key);
  void finish_removal(const std::string& key);
  // Takes the ids out of management: deleted or detached, in what order they can go.
  void unmanage(Stack& stack, const JsonArray& gone);
  Cloud& cloud_;
  Engine& engine_;
};

// stack_shapes.cc
Json stack_json(const Stack& stack);
// actionOnUnmanage and denySettings of a request in full, with their defaults; or the 400.
struct StackSettings {
  Json action;
  Json deny;
  std::optional<ArmAnswer> refusal;
};
StackSettings read_stack_settings(const Json& properties);
// Of given parameters: {name: {value, type}}, secure ones without value.
Json stack_parameters(const Json& document, const Json& given);
std::string stack_deployment_name(Cloud& cloud, const std::string& stack);

// stack_deny.cc
// Puts the stack's deny assignments over what it manages, and takes away its old ones. While it is
// being changed, its caller is among the excluded.
void put_stack_denies(Cloud& cloud, Change& change, Stack& stack, bool changing);
void erase_stack_denies(Change& change, Stack& stack);

}  // namespace armature::sandbox
