#pragma once
// Resources: what a token may be for, and which service takes it.
//
//   audience_of  the resource out of a request's scope or resource
//   find         an API of Microsoft, the sandbox itself, or an application of the tenant by its
//                client id, "api://…" or another of its identifier URIs
//   Source       learn.microsoft.com, "scopes and permissions: the .default scope"
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/cloud.h"
#include "sandbox/entra/aadsts.h"

namespace armature::sandbox {

// "https://vault.azure.net/.default" → "https://vault.azure.net"; a slash before "/.default" is the
// resource's own.
struct Scope {
  std::string resource;
  std::optional<EntraError> refusal;
};
Scope read_scope(std::string_view scope);

struct Resource {
  std::string audience;  // the token's aud
  int token_version = 1;
  std::vector<std::string> roles;  // the app roles that the client has there
};
std::optional<Resource> find_resource(const Cloud& cloud, const State& state,
                                      std::string_view resource, const std::string& client_id);

enum class Service { kArm, kGraph, kVault };
bool is_audience(const Cloud& cloud, Service service, std::string_view audience);

// The well-known client ids of Microsoft's own tools, which every tenant knows.
bool is_first_party_client(std::string_view client_id);

constexpr const char* kTokenExchange = "api://AzureADTokenExchange";
constexpr const char* kGraphClientId = "00000003-0000-0000-c000-000000000000";

}  // namespace armature::sandbox
