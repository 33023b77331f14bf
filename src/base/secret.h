#pragma once
// Secret: a string that does not print, compare or convert by accident.
//
//   reveal() is the one way to the bytes; a reviewer can list every use with grep.
//   The memory is overwritten when the last owner lets go. Copies are allowed, and each wipes
//   itself.
#include <string>
#include <utility>

namespace armature {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }

 private:
  // The whole buffer: a short text that was moved from leaves its bytes behind a length of 0.
  void wipe() noexcept {
    text_.resize(text_.capacity());
    for (volatile char& c : text_) c = 0;
    text_.clear();
  }
  std::string text_;
};

}  // namespace armature
