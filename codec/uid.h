// Unique Identifiers (PS3.5 section 9) as distinct types, so that a Study's UID cannot be passed for a
// Series'. The text is what was received without trailing NUL or space padding; validity is a separate
// question.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace argent::codec {

template <typename Kind>
class Uid {
 public:
  Uid() = default;
  explicit Uid(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Uid&) const = default;

 private:
  std::string text_;
};

using StudyInstanceUid = Uid<struct StudyInstanceUidKind>;
using SeriesInstanceUid = Uid<struct SeriesInstanceUidKind>;
using SopInstanceUid = Uid<struct SopInstanceUidKind>;
using SopClassUid = Uid<struct SopClassUidKind>;
using TransferSyntaxUid = Uid<struct TransferSyntaxUidKind>;

// 1 to 64 characters, digits and dots only, no empty component. Leading zeros in a component are tolerated:
// real devices send them (PS3.5 9.1 forbids them), and refusing would lose images.
bool IsAcceptableUid(std::string_view text);

}  // namespace argent::codec
