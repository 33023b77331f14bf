#pragma once
// ArmCall: one authenticated request to ARM, and ArmAnswer what ARM says to it. The same for a call
// that came over HTTP and for one that a deployment makes in its caller's name.
//
//   read_address   the path taken apart; what a route needs to choose itself
//   Threads        values and pure functions
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arm/operation.h"
#include "base/json.h"
#include "http/message.h"
#include "sandbox/items.h"

namespace armature::sandbox {

// "/subscriptions/S/resourceGroups/G/providers/Ns/type/name/…": read from the last "providers".
struct Address {
  std::string scope;              // what stands before it; the whole path when there is none
  std::vector<std::string> head;  // the scope's segments
  bool providers = false;         // was there a "providers" at all?
  std::string provider;           // "" without "providers", and for the list of providers
  std::vector<std::string> tail;  // type, name, type, name …

  bool is(std::string_view ns, std::string_view type) const;  // without regard to case
  bool instance() const { return !tail.empty() && tail.size() % 2 == 0; }
  std::string type() const;  // "Ns/type/child", for an instance, a collection or an action's target
  std::string parent() const;  // the id of an action's target or a collection's parent
};
Address read_address(std::string_view request_target);
// An id as the path of a request: each segment percent-encoded.
std::string encode_path(std::string_view id);

struct ArmCall {
  arm::Operation op;
  Address at;
  Caller caller;
  std::string correlation_id;
  std::string request_id;
  std::string client_request_id;  // what the client calls it: x-ms-client-request-id
  std::string client_ip;
  std::string if_match;  // headers as they came, "" when absent
  std::string if_none_match;
  std::optional<Json> body;                 // nothing: no body came
  std::shared_ptr<const std::string> text;  // the body as it came, of a deployment; or null
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::string> secrets;  // values that must not be kept, from secure parameters

  std::string query_value(std::string_view name) const;
};

struct ArmAnswer {
  int status = 200;
  std::optional<Json> body;
  http::Headers headers;

  bool ok() const { return status < 400; }
  std::string error_code() const;
  std::string error_message() const;
};

ArmAnswer answer(int status, Json body);
ArmAnswer answer(int status);  // without a body
ArmAnswer refuse(int status, std::string_view code, std::string_view message);
ArmAnswer list_answer(JsonArray items);

}  // namespace armature::sandbox
