#pragma once
// Hosts, as clients name this server and as Entra names itself.
#include <string>
#include <string_view>

namespace armature::sandbox {

// "https://localhost:8082/x" → "localhost:8082"; "" for what is no https URL.
std::string host_of_url(std::string_view url);
// The same port, and the same name or two names of the loopback: localhost, 127.0.0.1, [::1] and
// *.localhost. The port is 443 when none is given.
bool same_host(std::string_view a, std::string_view b);
bool is_loopback(std::string_view host);  // with or without a port
// login.microsoftonline.com and the other names of the public cloud's authority.
bool is_public_authority(std::string_view host);

}  // namespace armature::sandbox
