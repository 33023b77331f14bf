// A request as bytes on a connection, through everything the gateway makes of it before it waits:
// head, target, batch, caller, shape, operation, what the body adds, decision, record, and what
// would go to Azure. No crash, and
//   who      nobody without a token that was issued gets as far as an operation
//   what     the target is canonical: read again as it would be sent it means the same, in upper
//   case as well; what the
//            body asks for does not depend on the order of its keys or on blanks
//   may it   what is allowed lies inside the grant; a wider grant allows it too; Reader changes and
//   reveals nothing record   never the token, no text of the caller's without bound, and nothing of
//   an answer that tells secrets onward   a head that is read as it was meant, without the caller's
//   credentials
// "Bearer task" stands for a token that holds. The body is all that follows the head, whatever
// length the head gives.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <source_location>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/random.h"
#include "gateway/admit.h"
#include "gateway/batch.h"
#include "gateway/headers.h"
#include "gateway/poll_links.h"
#include "gateway/recorded.h"
#include "gateway/shape.h"
#include "http/head.h"

using namespace armature;

namespace {

constexpr const char* kGroup =
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg";
constexpr std::size_t kMostReason = 1'024;  // of what is told about a body
constexpr std::size_t kCheapBody = 4'096;

void require(bool holds, std::source_location here = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "ERROR: what line %u of the fuzzer requires does not hold\n",
               static_cast<unsigned>(here.line()));
  std::abort();
}

struct World {
  SystemClock clock;
  SystemRandom random;
  identity::AttemptTokens attempts{Secret("0123456789abcdef0123456789abcdef"), clock, random};
  const Attempt attempt{
      {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse("t"), -1},
      1, 1
  };
  const std::string token = attempts.issue(attempt, std::chrono::hours(24 * 365))->reveal();
  const Secret link_key = gateway::poll_link_key(Secret("the key of the fuzzer"));
  const access::Facts reader = facts("Reader", kGroup);
  const access::Facts contributor = facts("Contributor", kGroup);
  const access::Facts owner = facts("Owner", kGroup);
  const access::Facts everything = facts("Owner", "/");
  gateway::Options options;

  World() {
    options.upstream_url = "https://management.azure.com";
    options.public_url = "https://localhost:8443";
  }
  access::Facts facts(const char* role, const char* scope) const {
    access::Facts out{attempt, "deployer", {*access::make_grant(role, scope, {}, "x.yaml:1")}, {}};
    out.ceiling = {"deployer", {*access::make_grant("Owner", "/", {}, "ceiling")}};
    return out;
  }
};

World& world() {
  static World one;
  return one;
}

bool holds_token(std::string_view text) {
  return text.find(world().token) != std::string_view::npos;
}

void check_record(const access::AuditRecord& record) {
  const std::string text = dump(access::to_json(record));
  require(!holds_token(text) && parse_json(text));
  require(record.reason.size() <= kMostReason && record.target.find('?') == std::string::npos);
}

void check_refusal(const gateway::Refused& refused) {
  const http::Response& answer = refused.answer;
  require(answer.status >= 400 && answer.status < 500 && !holds_token(answer.body));
  const auto body = parse_json(answer.body);
  require(body && !text_at(*body, "error.code").empty());
  if (refused.record) check_record(*refused.record);
}

// A path that two readers cannot read in two ways.
void check_canonical(const std::string& path) {
  require(path.starts_with('/') && path.find_first_of("\\%?#") == std::string::npos);
  require(path == "/" || !path.ends_with('/'));
  const auto segments = split(std::string_view(path).substr(1), '/');
  for (const std::string& segment : segments) {
    require(path == "/" || (!segment.empty() && segment.back() != '.' && segment.back() != ' '));
    require(std::none_of(segment.begin(), segment.end(),
                         [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }));
  }
  if (const auto id = arm::ResourceId::parse(path)) require(id->text == path);
}

bool same_kind(const arm::Operation& a, const arm::Operation& b) {
  return a.method == b.method && a.query == b.query && a.api_version == b.api_version &&
         a.repeat == b.repeat && a.mutates == b.mutates && a.is_collection == b.is_collection &&
         a.is_deployment == b.is_deployment && a.returns_secrets == b.returns_secrets &&
         a.is_operation_poll == b.is_operation_poll && equal_ci(a.action, b.action) &&
         equal_ci(a.scope, b.scope) && equal_ci(a.target, b.target);
}

std::string target_of(const arm::Operation& operation) {
  std::string out = gateway::encode_path(operation.target);
  if (!operation.query.empty()) out += "?" + operation.query;
  return out;
}

void check_operation(const arm::Operation& operation, const http::Request& request) {
  check_canonical(operation.target);
  check_canonical(operation.scope);
  const auto sent = arm::operation_of(operation.method, target_of(operation));
  require(sent && same_kind(*sent, operation));
  require(sent->target == operation.target && sent->scope == operation.scope &&
          sent->action == operation.action);
  const std::string query = http::query_of(request.target);
  const auto loud = arm::operation_of(
      request.method, to_upper(http::path_of(request.target)) + (query.empty() ? "" : "?" + query));
  require(loud && same_kind(*loud, operation));
  const std::string last = operation.target.substr(operation.target.rfind('/') + 1);
  require(operation.method != "POST" || !starts_with_ci(last, "list") || operation.returns_secrets);
}

// What goes to Azure, read by our own reader.
void check_onward(const arm::Operation& operation, const http::Request& request) {
  const auto url = http::parse_url("https://management.azure.com" + target_of(operation));
  require(url.has_value());
  http::Request out;
  out.method = operation.method;
  out.headers = gateway::request_headers(request.headers);
  for (const char* name : {"authorization", "proxy-authorization", "cookie", "host", "forwarded",
                           "x-ms-authorization-auxiliary", "connection"}) {
    require(out.headers.count(name) == 0);
  }
  require(!holds_token(dump(Json(target_of(operation)))));
  out.body = request.body;
  auto parsed = http::parse_request_head(http::write_request_head(out, *url));
  const auto* head = std::get_if<http::RequestHead>(&parsed);
  require(head != nullptr && head->request.method == operation.method);
  require(head->request.target == target_of(operation) && head->keep_alive);
  require(head->framing != http::Framing::kChunked && head->length == request.body.size());
  require(head->request.headers.get("Host") == "management.azure.com");
}

// Everything that is asked for, in one order and case.
std::vector<std::string> wanted(const std::vector<access::Ask>& asks) {
  std::vector<std::string> out;
  for (const access::Ask& ask : asks) {
    out.push_back(to_lower(ask.action + " " + ask.scope + " " + ask.assigns_role_id));
    for (const arm::Need& need : ask.linked)
      out.push_back(to_lower(need.action + " " + need.scope));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Json backwards(const Json& value) {
  if (const auto* list = value.if_array()) {
    JsonArray out;
    for (const Json& item : *list) out.push_back(backwards(item));
    return out;
  }
  const auto* object = value.if_object();
  if (!object) return value;
  JsonObject out;
  for (auto at = object->end(); at != object->begin();) {
    --at;
    out[at->key()] = backwards(at->value());
  }
  return out;
}

void check_body(const gateway::Call& call, const http::Request& request,
                const gateway::Callers& callers) {
  const access::Ask& own = call.asks.front();
  require(own.unreadable.size() <= kMostReason);
  if (request.body.empty() || request.body.size() > kCheapBody) return;
  const auto body = parse_json(request.body, 256);
  if (!body) return;
  http::Request other = request;
  other.body = pretty(backwards(*body));
  if (!parse_json(other.body, 256)) return;  // a number too large to be written again
  const auto again = gateway::read_call(other, "again", callers);
  const auto* same = std::get_if<gateway::Call>(&again);
  if (!same) return;  // pretty() went beyond the largest body
  // A key that stands twice is one after parse_json: only then may the second be easier to read.
  if (!own.unreadable.empty()) return;
  require(same->asks.front().unreadable.empty() && wanted(same->asks) == wanted(call.asks));
}

void check_inside(const gateway::Call& call, bool only_reads) {
  const auto inside = [&](const std::string& action, const std::string& scope) {
    require(arm::at_or_above(kGroup, scope));
    require(!only_reads || ends_with_ci(action, "/read"));
    require(!starts_with_ci(action, "Microsoft.Authorization/") ||
            (!ends_with_ci(action, "/write") && !ends_with_ci(action, "/delete")));
  };
  for (const access::Ask& ask : call.asks) {
    require(ask.unreadable.empty() && ask.assigns_role_id.empty());
    inside(ask.action, ask.scope);
    for (const arm::Need& need : ask.linked) inside(need.action, need.scope);
  }
  require(!only_reads || (!call.operation.mutates && !call.operation.returns_secrets));
}

bool decide_as(gateway::Call& call, const access::Facts& facts) {
  call.facts = std::make_shared<const access::Facts>(facts);
  const gateway::Verdict verdict = gateway::judge(call, world().clock.now());
  const access::Decision& decision = verdict.decision;
  check_record(gateway::decision_record(call, decision));
  if (!decision.allowed) {
    require(decision.layer != access::Layer::kNone && verdict.ask < call.asks.size());
    access::explain(facts, call.asks[verdict.ask], decision);
    return false;
  }
  gateway::Ending ending{"succeeded", 200, 1, "", JsonObject{{"answer", "of Azure"}}};
  const auto record = gateway::outcome_record(call, decision, ending);
  check_record(record);
  require(!call.operation.returns_secrets || record.detail.is_null());
  return true;
}

void check_call(const http::Request& request, const gateway::Callers& callers) {
  auto read = gateway::read_call(request, "one", callers);
  if (const auto* refused = std::get_if<gateway::Refused>(&read)) {
    check_refusal(*refused);
    return;
  }
  auto& call = std::get<gateway::Call>(read);
  require(gateway::bearer_of(request) == world().token);
  check_operation(call.operation, request);
  check_onward(call.operation, request);
  check_body(call, request, callers);
  require(!decide_as(call, *gateway::no_facts(call.attempt)));
  const bool read_only = decide_as(call, world().reader);
  if (read_only) check_inside(call, true);
  const bool contributes = decide_as(call, world().contributor);
  if (contributes) check_inside(call, false);
  const bool owns = decide_as(call, world().owner);
  const bool everywhere = decide_as(call, world().everything);
  require((!read_only || contributes) && (!contributes || owns) && (!owns || everywhere));
}

void check_batch(const http::Request& request, const gateway::Callers& callers) {
  auto read = gateway::read_batch(request, "batch", callers, world().options);
  if (const auto* refused = std::get_if<gateway::Refused>(&read)) {
    check_refusal(*refused);
    return;
  }
  const auto& calls = std::get<std::vector<gateway::BatchCall>>(read);
  require(!calls.empty() && calls.size() <= gateway::kMostBatchCalls);
  for (const gateway::BatchCall& call : calls) {
    require(!gateway::is_batch(call.request) && call.request.target.starts_with('/'));
    require(call.request.headers.get("Authorization") == request.headers.get("Authorization"));
    check_call(call.request, callers);
  }
}

void check(http::Request request) {
  const std::string recorded = gateway::recorded_target(request.target);
  require(
      std::all_of(recorded.begin(), recorded.end(), [](char c) { return c > 0x20 && c < 0x7F; }));
  auto local = gateway::local_target(request.target, world().options.public_url,
                                     world().options.upstream_url);
  if (!local || !gateway::is_for_us(request, world().options)) {
    check_record(gateway::misdirected_record(request, "one"));
    return;
  }
  request.target = std::move(*local);
  if (gateway::bearer_of(request) == "task") {
    request.headers.set("Authorization", "Bearer " + world().token);
  }
  const gateway::Callers callers(world().attempts);
  if (gateway::is_batch(request)) return check_batch(request, callers);
  const std::string signature = gateway::take_signature(request.target);
  require(
      !gateway::is_signed_for(world().attempt.key, request.target, signature, world().link_key));
  check_call(request, callers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = http::head_end(bytes);
  if (end == std::string_view::npos) return 0;
  auto parsed = http::parse_request_head(bytes.substr(0, end));
  auto* head = std::get_if<http::RequestHead>(&parsed);
  if (head == nullptr || head->request.method == "CONNECT") return 0;
  std::string_view rest = bytes.substr(end);
  if (head->framing == http::Framing::kChunked) {
    http::ChunkDecoder decoder(gateway::kMaxBodyBytes, gateway::kMaxBodyBytes);
    const auto state = decoder.feed(rest, head->request.body);
    if (state != http::ChunkDecoder::State::kDone) return 0;
  } else {
    head->request.body = rest;
  }
  check(std::move(head->request));
  return 0;
}
