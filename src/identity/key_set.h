#pragma once
// What an OpenID issuer publishes: its configuration and its keys. Both come from outside.
//
//   may_be_asked       https, or http on this machine
//   configuration_url  ISSUER/.well-known/openid-configuration
//   read_jwks_uri      of the configuration; it must name this very issuer, letter by letter
//   read_key_set       key id → PEM. RSA keys of at least 2048 bits alone; others stand in many
//   sets
//                      and are passed over; at most a hundred are looked at
//   Errors    kUnavailable: the document is not what it should be
//   Threads   pure
//   Source    OpenID Connect Discovery 1.0 §4; RFC 7517
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace armature::identity {

bool may_be_asked(std::string_view url);
std::string configuration_url(std::string_view issuer);
Result<std::string> read_jwks_uri(std::string_view configuration, std::string_view issuer);
Result<std::map<std::string, std::string>> read_key_set(std::string_view jwks);

}  // namespace armature::identity
