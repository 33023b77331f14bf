#pragma once
// For tests: a client with a certificate, an outside issuer, and what they send.
#include <map>
#include <string>

#include "base/bytes.h"
#include "identity/certificate.h"
#include "identity/testing.h"
#include "sandbox/entra/directory.h"
#include "sandbox/testing.h"

namespace armature::sandbox::testing {

// Made once per process: making a key takes longer than a test.
inline const identity::RsaKey& client_key() {
  static const identity::RsaKey kKey = must(identity::make_rsa_key());
  return kKey;
}
inline const identity::RsaKey& other_key() {
  static const identity::RsaKey kKey = must(identity::make_rsa_key());
  return kKey;
}

inline std::int64_t seconds_of(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

// Changes the registration of the world's application.
template <class F>
void edit_app(World& world, F edit) {
  must(world.cloud->store().change([&](Change& change) {
    AppRegistration app = *find_application(change.state(), world.app.client_id);
    edit(app);
    put_application(change, app);
    return Ok{};
  }));
}

inline std::string assertion_form(const World& world, const std::string& assertion,
                                  const std::string& client_id = "") {
  return "grant_type=client_credentials&client_id=" +
         (client_id.empty() ? world.app.client_id : client_id) +
         "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
         "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&client_assertion=" +
         assertion;
}

// 0 for an answer that is no refusal.
inline std::int64_t aadsts(const http::Response& response) {
  const Json body = must(parse_json(response.body));
  const Json* codes = find(body, "error_codes");
  return codes ? codes->at(0).as_int64() : 0;
}

// An issuer outside: answers discovery and keys from a table of URLs.
struct Issuer {
  std::string url = "https://ci.example";
  std::map<std::string, std::string> answers;
  int asked = 0;

  explicit Issuer(const identity::RsaKey& key) { publish(key); }
  void publish(const identity::RsaKey& key) {
    answers[url + "/.well-known/openid-configuration"] = dump(JsonObject{
        {"issuer",   url          },
        {"jwks_uri", url + "/keys"}
    });
    answers[url + "/keys"] = dump(JsonObject{
        {"keys", JsonArray{identity::jwk_of(key)}}
    });
  }
  Fetch fetch() {
    return [this](const std::string& address) -> Result<std::string> {
      ++asked;
      const auto found = answers.find(address);
      if (found == answers.end()) return fail(Code::kUnavailable, "nobody answers");
      return found->second;
    };
  }
};

inline std::string federated_token(const Issuer& issuer, const World& world,
                                   const identity::RsaKey& key, JsonObject claims = {}) {
  const std::int64_t now = seconds_of(world.clock.now());
  JsonObject all{
      {"iss", issuer.url                     },
      {"sub", "repo:org/app:environment:prod"},
      {"aud", "api://AzureADTokenExchange"   },
      {"iat", now                            },
      {"nbf", now                            },
      {"exp", now + 600                      }
  };
  for (const auto& [name, value] : claims) all[name] = value;
  return must(identity::sign_rs256(all, key)).reveal();
}

}  // namespace armature::sandbox::testing
