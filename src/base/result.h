#pragma once
// Result<T>: a value, or an Error that says why there is none.
//
//   Errors are made by fail() and passed on by the two macros below; context is added going up with
//   in("load dag etl.yaml") and the whole is logged once, at the edge. Exceptions come only from
//   the standard library and third parties, and stop at four edges: HTTP handler, scheduler step,
//   command line, task thread.
//   Reading the value of a failed Result throws std::bad_variant_access: wrong use fails closed.
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace armature {

enum class Code {
  kInvalid,          // the caller's input is wrong; repeating it cannot help
  kUnauthenticated,  // nobody, or a token that does not hold
  kDenied,           // somebody who may not
  kNotFound,
  kConflict,     // the state of things forbids it: stale fence, already exists
  kUnavailable,  // not now; trying again may help
  kInternal,     // our own fault
};

std::string_view to_string(Code code);

struct Error {
  Code code = Code::kInternal;
  std::string message;  // for people: never parsed, never holds a secret

  Error in(std::string_view where) && {
    return {code, std::string(where) + ": " + std::move(message)};
  }
};

inline Error fail(Code code, std::string message) { return {code, std::move(message)}; }

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  const T& operator*() const& { return std::get<0>(state_); }
  T& operator*() & { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  const T* operator->() const { return &std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Ok {};
using Status = Result<Ok>;

}  // namespace armature

#define ARMATURE_CAT_(a, b) a##b
#define ARMATURE_CAT(a, b) ARMATURE_CAT_(a, b)
#define ARMATURE_TRY_(ret, decl, tmp, ...) \
  auto tmp = (__VA_ARGS__);                \
  if (!tmp) ret std::move(tmp).error();    \
  decl = *std::move(tmp)
// Statements, not expressions: GCC 12.2 crashes on ({ ... co_return ...; }).
//   ARMATURE_TRY(const auto id, ResourceId::parse(text));
//   ARMATURE_CHECK(write(file));           for a Status
#define ARMATURE_TRY(decl, ...) \
  ARMATURE_TRY_(return, decl, ARMATURE_CAT(try_, __LINE__), __VA_ARGS__)
#define ARMATURE_CO_TRY(decl, ...) \
  ARMATURE_TRY_(co_return, decl, ARMATURE_CAT(try_, __LINE__), __VA_ARGS__)
#define ARMATURE_CHECK(...)                                                     \
  do {                                                                          \
    if (auto status = (__VA_ARGS__); !status) return std::move(status).error(); \
  } while (false)
