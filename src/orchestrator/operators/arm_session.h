#pragma once
// ArmSession: one attempt's conversation with Azure Resource Manager through the gateway: calls,
// waiting for asynchronous operations, and what an error status means for the attempt.
//
//   Log       one line a call: method, path, status; never a body or a header
//   Waiting   at the server's Retry-After, else from half a second up to ten; ends at once when the
//             attempt is cancelled or its time is over
//   Threads   the attempt's own
#include <optional>
#include <string>
#include <variant>

#include "arm/long_running.h"
#include "orchestrator/operators/operator.h"

namespace armature::orchestrator {

struct ArmAnswer {
  int status = 0;
  http::Headers headers;
  Json body;

  arm::HeaderLookup header_lookup() const;
};

class ArmSession {
 public:
  explicit ArmSession(Bench& bench) : bench_(bench) {}

  // An answer below 400, or how the attempt ends. `accept` is an error status that is an answer too
  // (404 for "is it there?").
  std::variant<ArmAnswer, Finished> call(const std::string& method, const std::string& target,
                                         const Json& body = nullptr, int accept = 0);
  // Waits until the operation that `first` started has ended; the resource's final state, read
  // again from `resource_target` when the answer has none. `save` gets the poll URL before the
  // first wait.
  std::variant<ArmAnswer, Finished> finish(const std::string& method, ArmAnswer first,
                                           const std::string& resource_target,
                                           const std::function<Status(const std::string&)>& save);
  // Goes on waiting for an operation whose poll URL an earlier attempt saved.
  std::variant<ArmAnswer, Finished> resume(const std::string& method, const std::string& poll_url,
                                           const std::string& resource_target);

 private:
  Finished failed(const ArmAnswer& answer);
  std::variant<ArmAnswer, Finished> wait_for(const std::string& method, arm::PollTarget poll,
                                             ArmAnswer last, const std::string& resource_target);
  bool pause(const ArmAnswer& last, Micros& patience);

  Bench& bench_;
};

// How an error status counts for retries.
dag::FailureClass failure_class(int status, std::string_view code);
// The error of an answer in words: code, message, root cause, and the gateway's explanation if
// there.
std::string describe_error(int status, const Json& body);
// "{resource id}?api-version={version}".
std::string with_api_version(const std::string& resource_id, const std::string& version);

}  // namespace armature::orchestrator
