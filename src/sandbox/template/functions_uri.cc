// base64, data URIs and URIs.
#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "base/utf8.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/text.h"
#include "sandbox/template/uri.h"

namespace armature::sandbox::tmpl {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += is_unreserved(c) ? std::string(1, c) : "%" + to_upper(to_hex(std::string_view(&c, 1)));
  }
  return out;
}

// Bytes that are no UTF-8 become U+FFFD, as in .NET: here and below.
std::string unescape_uri(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = from_hex(text.substr(i + 1, 2))) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return valid_utf8(std::move(out));
}

Outcome<std::string> decoded(std::string_view function, std::string_view text) {
  auto bytes = from_base64(text);
  if (bytes) return valid_utf8(*std::move(bytes));
  return invalid_template("The template language function '" + std::string(function) +
                          "' expects its parameter to be a valid base64 string.");
}

// Templates write JSON with single quotes as well, which ARM's reader takes.
std::string with_double_quotes(std::string_view text) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != '\'') out += c;
      out += text[++i];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      out += '"';
    } else if (quote != 0 && c == quote) {
      quote = 0;
      out += '"';
    } else {
      out += c == '"' ? std::string("\\\"") : std::string(1, c);
    }
  }
  return out;
}

Outcome<Json> parsed(std::string_view function, std::string_view text) {
  auto value = parse_json(text);
  if (value) return *std::move(value);
  if (text.find('\'') != std::string_view::npos) {
    if (auto relaxed = parse_json(with_double_quotes(text))) return *std::move(relaxed);
  }
  return invalid_template("The template language function '" + std::string(function) +
                          "' expects its parameter to be valid JSON: " + value.error().message +
                          ".");
}

Outcome<Json> base64(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("base64", arguments, 0));
  return Json(to_base64(text));
}
Outcome<Json> base64_to_string(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("base64ToString", arguments, 0));
  ARMATURE_TRY(const std::string bytes, decoded("base64ToString", text));
  return Json(bytes);
}
Outcome<Json> base64_to_json(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("base64ToJson", arguments, 0));
  ARMATURE_TRY(const std::string bytes, decoded("base64ToJson", text));
  return parsed("base64ToJson", bytes);
}

Outcome<Json> json(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("json", arguments, 0));
  return parsed("json", text);
}

Outcome<Json> data_uri(Evaluator&, const Arguments& arguments) {
  const bool plain = arguments[0].is_string();
  return Json(std::string(plain ? "data:text/plain" : "data:application/json") +
              ";charset=utf-8;base64," + to_base64(plain_text(arguments[0])));
}

Outcome<Json> data_uri_to_string(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("dataUriToString", arguments, 0));
  const auto comma = text.find(',');
  if (!starts_with_ci(text, "data:") || comma == std::string::npos) {
    return invalid_template(
        "The template language function 'dataUriToString' expects its parameter "
        "to be formatted as a valid data URI.");
  }
  const std::string payload = text.substr(comma + 1);
  if (!ends_with_ci(std::string_view(text).substr(0, comma), ";base64")) {
    return Json(unescape_uri(payload));
  }
  ARMATURE_TRY(const std::string bytes, decoded("dataUriToString", unescape_uri(payload)));
  return Json(bytes);
}

Outcome<Json> uri(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string base, text_argument("uri", arguments, 0));
  ARMATURE_TRY(const std::string relative, text_argument("uri", arguments, 1));
  if (auto resolved = resolve_uri(base, relative)) return Json(*std::move(resolved));
  return invalid_template(
      "The template language function 'uri' expects its first argument to be "
      "a uri string. The provided value is '" +
      base +
      "'. Please see https://aka.ms/arm-template-expressions#uri for usage "
      "details.");
}

Outcome<Json> uri_component(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("uriComponent", arguments, 0));
  return Json(escape(text));
}
Outcome<Json> uri_component_to_string(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("uriComponentToString", arguments, 0));
  return Json(unescape_uri(text));
}

Outcome<Json> build_uri(Evaluator&, const Arguments& arguments) {
  const Json& parts = arguments[0];
  if (!parts.is_object()) return wrong_argument("buildUri", "its parameter to be an object", parts);
  std::string out = text_at(parts, "scheme", "https") + "://" + text_at(parts, "host");
  if (const Json* port = find(parts, "port"); port != nullptr && !port->is_null()) {
    out += ":" + plain_text(*port);
  }
  const std::string path = text_at(parts, "path");
  out += path.empty() || path.starts_with('/') ? path : "/" + path;
  const std::string query = text_at(parts, "query");
  out += query.empty() || query.starts_with('?') ? query : "?" + query;
  return Json(out);
}

Outcome<Json> parse_uri_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("parseUri", arguments, 0));
  const auto parts = parse_uri(text);
  if (!parts) {
    return invalid_template(
        "The template language function 'parseUri' expects its parameter to be "
        "an absolute uri. The provided value is '" +
        text + "'.");
  }
  JsonObject out{
      {"scheme", parts->scheme}
  };
  const auto colon = parts->authority.rfind(':');
  out["host"] = parts->authority.substr(0, colon);
  if (colon != std::string::npos) out["port"] = std::atoi(parts->authority.c_str() + colon + 1);
  out["path"] = parts->path;
  if (!parts->query.empty()) out["query"] = parts->query;
  return Json(std::move(out));
}

constexpr Function kRows[] = {
    {"base64",               1, 1, base64                 },
    {"base64ToString",       1, 1, base64_to_string       },
    {"base64ToJson",         1, 1, base64_to_json         },
    {"json",                 1, 1, json                   },
    {"dataUri",              1, 1, data_uri               },
    {"dataUriToString",      1, 1, data_uri_to_string     },
    {"uri",                  2, 2, uri                    },
    {"uriComponent",         1, 1, uri_component          },
    {"uriComponentToString", 1, 1, uri_component_to_string},
    {"buildUri",             1, 1, build_uri              },
    {"parseUri",             1, 1, parse_uri_             },
};

}  // namespace

std::span<const Function> uri_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
