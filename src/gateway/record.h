#pragma once
// Step five and the writing half of step eight, as coroutines: what must be on disk before bytes
// leave and before an answer goes back. Pointers live in the caller's frame until the task ends.
#include <optional>
#include <string>

#include "gateway/forward.h"
#include "gateway/operation_log.h"
#include "gateway/wiring.h"
#include "http/task.h"

namespace armature::gateway {

// Returns when the decision (when given) and the state `sent` (when a key is given) are both on
// disk. They are submitted together and share a commit.
http::Task<Status> write_ahead(const Wiring* wiring, std::optional<access::AuditRecord> decision,
                               const RequestKey* key, std::string request_id, Instant first_sent);

// True when it is this request's turn among those of the same key; leaving is the caller's. False:
// too many wait already.
http::Task<bool> wait_turn(const Wiring* wiring, std::string key);

http::Task<Result<Place>> find_place(const Wiring* wiring, RequestKey* key);
http::Task<Status> take_over(const Wiring* wiring, const RequestKey* key);

http::Task<Status> note_end(const Wiring* wiring, const RequestKey* key, const Call* call,
                            const Forwarded* done);
http::Task<Status> note_finished(const Wiring* wiring, TaskKey task, std::string target);

Ending ending_of(const Forwarded& done);
// Pure. The answer of an action, for a client that missed it. Where it was too large or could not
// be opened, its status alone.
http::Response kept_answer(const Entry& entry);
Entry entry_of(const Call& call, const Forwarded& done, const Options& options);
// Does this answer to a poll say that the operation is over?
bool has_ended(arm::PollKind kind, const http::Response& answer);

}  // namespace armature::gateway
