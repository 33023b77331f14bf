#pragma once
// What the hash of an audit record covers, everything but the hashes, and how records are chained.
// Pure; used inside this room.
//
//   content_text  the canonical JSON of content_of(), written at once: it stands on the path of
//                 every call
#include <cstdint>
#include <string>

#include "access/audit.h"

namespace armature::access {

JsonObject content_of(const AuditRecord& record);
// `sequence` stands in for the record's own.
std::string content_text(const AuditRecord& record, std::int64_t sequence);
Result<AuditRecord> record_from(const std::string& content);  // kInvalid: not such a text

// What the first record follows.
inline constexpr std::string_view kGenesis =
    "0000000000000000000000000000000000000000000000000000000000000000";
std::string chained(std::string_view content, std::string_view previous_hash);  // the hash, hex

}  // namespace armature::access
