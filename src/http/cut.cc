#include "http/cut.h"

#include <charconv>

namespace armature::http {
namespace {

constexpr std::string_view kCut = ":cut";
constexpr std::string_view kCutInHead = ":cut-in-head";

}  // namespace

Response cut_after(Response response, std::size_t bytes) {
  response.headers.set(kCut, std::to_string(bytes));
  return response;
}

std::optional<std::size_t> cut_of(const Response& response) {
  const auto text = response.headers.get(kCut);
  if (!text) return std::nullopt;
  std::size_t bytes = 0;
  std::from_chars(text->data(), text->data() + text->size(), bytes);
  return bytes;
}

Response cut_in_head(Response response) {
  response.headers.set(kCutInHead, "");
  return response;
}

bool is_cut_in_head(const Response& response) {
  return response.headers.get(kCutInHead).has_value();
}

}  // namespace armature::http
