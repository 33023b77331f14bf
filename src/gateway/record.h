#pragma once
// Step five and the writing half of step eight, as coroutines: what must be on disk before bytes
// leave and before an answer goes back. Pointers live in the caller's frame until the task ends.
#include <optional>
#include <string>
#include <vector>

#include "gateway/forward.h"
#include "gateway/operation_log.h"
#include "gateway/wiring.h"
#include "http/task.h"

namespace armature::gateway {

// Returns when the decision (when given) and the state `sent` (when a key is given) are both on
// disk. They are submitted together and share a commit.
http::Task<Status> write_ahead(const Wiring* wiring, std::optional<access::AuditRecord> decision,
                               const RequestKey* key, std::string request_id, Instant first_sent);

http::Task<Result<std::optional<Entry>>> find_earlier(const Wiring* wiring, const RequestKey* key);

// How a mutation ended and which links the task may poll from now on.
http::Task<Status> note_end(const Wiring* wiring, const RequestKey* key, const Call* call,
                            const Forwarded* done);
http::Task<Status> hand_out(const Wiring* wiring, TaskKey task, std::vector<std::string> links);
http::Task<Status> note_finished(const Wiring* wiring, TaskKey task, std::string target);

// Pure. The upstream's own links of an answer that lead to an operation, as path and query.
std::vector<std::string> poll_links(const http::Response& answer, const Options& options);
Ending ending_of(const Forwarded& done);
Entry entry_of(const Call& call, const Forwarded& done, const Options& options);
// Does this answer to a poll say that the operation is over?
bool has_ended(arm::PollKind kind, const http::Response& answer);

}  // namespace armature::gateway
