// CIDR arithmetic for IPv4 and IPv6 on 128-bit addresses.
#include <arpa/inet.h>

#include <array>
#include <charconv>

#include "base/result.h"
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::tmpl {
namespace {

__extension__ using Wide = unsigned __int128;

struct Network {
  int family = AF_INET;
  int bits = 32;
  int prefix = 0;
  Wide address = 0;  // host bits cleared

  Wide size_mask() const { return host_bits() == 128 ? ~Wide{0} : (Wide{1} << host_bits()) - 1; }
  int host_bits() const { return bits - prefix; }
  Wide last() const { return address | size_mask(); }
};

std::string address_text(const Network& network, Wide address) {
  std::array<unsigned char, 16> raw;
  const int count = network.bits / 8;
  for (int i = count - 1; i >= 0; --i, address >>= 8) {
    raw[static_cast<std::size_t>(i)] = static_cast<unsigned char>(address & 0xff);
  }
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(network.family, raw.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::string network_text(const Network& network) {
  return address_text(network, network.address) + "/" + std::to_string(network.prefix);
}

Outcome<Network> network_argument(std::string_view name, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument(name, arguments, 0));
  const auto slash = text.find('/');
  Network out;
  if (text.find(':') != std::string::npos) {
    out.family = AF_INET6;
    out.bits = 128;
  }
  std::array<unsigned char, 16> raw{};
  const char* end = text.data() + text.size();
  const bool parsed = slash != std::string::npos &&
                      inet_pton(out.family, text.substr(0, slash).c_str(), raw.data()) == 1 &&
                      std::from_chars(text.data() + slash + 1, end, out.prefix).ptr == end &&
                      slash + 1 < text.size() && out.prefix >= 0 && out.prefix <= out.bits;
  if (!parsed) {
    return invalid_template("The template language function '" + std::string(name) +
                            "' expects its first parameter to be a network in CIDR notation. The "
                            "provided value is '" +
                            text + "'.");
  }
  for (int i = 0; i < out.bits / 8; ++i) {
    out.address = (out.address << 8) | raw[static_cast<std::size_t>(i)];
  }
  out.address &= ~out.size_mask();
  return out;
}

Outcome<Json> parse_cidr(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const Network network, network_argument("parseCidr", arguments));
  const bool v4 = network.family == AF_INET;
  const bool reserved = v4 && network.host_bits() > 1;  // network and broadcast are no hosts
  Network mask = network;
  mask.address = ~network.size_mask();
  JsonObject out;
  out["network"] = address_text(network, network.address);
  out["netmask"] = address_text(network, mask.address);
  if (v4) out["broadcast"] = address_text(network, network.last());
  out["firstUsable"] = address_text(network, network.address + (reserved ? 1 : 0));
  out["lastUsable"] = address_text(network, network.last() - (reserved ? 1 : 0));
  out["cidr"] = network.prefix;
  return Json(std::move(out));
}

TemplateError out_of_range(std::string_view name, std::int64_t index) {
  return invalid_template("The template language function '" + std::string(name) +
                          "' expects an index within the network. The provided value is '" +
                          std::to_string(index) + "'.");
}

Outcome<Json> cidr_subnet(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(Network network, network_argument("cidrSubnet", arguments));
  ARMATURE_TRY(const std::int64_t prefix, integer_argument("cidrSubnet", arguments, 1));
  ARMATURE_TRY(const std::int64_t index, integer_argument("cidrSubnet", arguments, 2));
  if (prefix < network.prefix || prefix > network.bits) {
    return invalid_template("The template language function 'cidrSubnet' expects a prefix from '" +
                            std::to_string(network.prefix) + "' to '" +
                            std::to_string(network.bits) + "'. The provided value is '" +
                            std::to_string(prefix) + "'.");
  }
  const int extra = static_cast<int>(prefix) - network.prefix;
  if (index < 0 || (extra < 63 && index >= (std::int64_t{1} << extra))) {
    return out_of_range("cidrSubnet", index);
  }
  network.prefix = static_cast<int>(prefix);
  if (network.host_bits() < 128) {
    network.address += static_cast<Wide>(index) << network.host_bits();
  }
  return Json(network_text(network));
}

Outcome<Json> cidr_host(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const Network network, network_argument("cidrHost", arguments));
  ARMATURE_TRY(const std::int64_t index, integer_argument("cidrHost", arguments, 1));
  const bool reserved = network.family == AF_INET && network.host_bits() > 1;
  const Wide offset = static_cast<Wide>(index) + (reserved ? 1 : 0);
  const Wide most = network.size_mask() - (reserved ? 1 : 0);
  if (index < 0 || offset > most) return out_of_range("cidrHost", index);
  return Json(address_text(network, network.address + offset));
}

constexpr Function kRows[] = {
    {"parseCidr",  1, 1, parse_cidr },
    {"cidrSubnet", 3, 3, cidr_subnet},
    {"cidrHost",   2, 2, cidr_host  },
};

}  // namespace

std::span<const Function> network_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
