#pragma once
// Digests, keyed digests and name-based uuids, by OpenSSL. A digest that OpenSSL cannot give ends
// the process: an empty one would compare equal to an empty claim.
#include <string>
#include <string_view>

namespace armature {

std::string sha1(
    std::string_view bytes);  // 20 raw bytes; for formats that ask for it, not for trust
std::string sha256(std::string_view bytes);  // 32 raw bytes
std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 raw bytes
bool equal_constant_time(std::string_view a, std::string_view b);
// RFC 9562 version 5. `name_space` is a uuid in text form.
std::string uuid_v5(std::string_view name_space, std::string_view name);
// ARM's guid() template function: version 5 of the arguments joined by "-" in ARM's own namespace
// 11fb06fb-712d-4ddd-98c7-e71bbd588830. Gives role assignments the same name on every try.
std::string arm_guid(std::string_view joined_arguments);

}  // namespace armature
