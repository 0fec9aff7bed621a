// Expected failure as a value: Status, and Result<T> for "a T or why not".
//
// A code says what the caller should do; the message says what happened, to what (path, offset, UID) and,
// where known, what to do about it. Both types are [[nodiscard]]. Nothing of ours throws across a folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/base/check.h"

namespace argent {

enum class StatusCode {
  kOk = 0,
  kNotFound,         // no such thing; asking again does not help
  kAlreadyExists,    // it is there already
  kInvalidArgument,  // the caller or the peer sent something malformed; do not retry unchanged
  kCorruption,       // bytes that were written do not read back as written
  kIoError,          // the operating system or a device failed
  kNoSpace,          // the volume is full; nothing was lost, retry when space returns
  kOverloaded,       // a bound is reached; come back later
  kUnsupported,      // well formed, but this cannot be done here
  kAborted,          // stopped by a person, a peer or a shutdown
  kInternal,         // a defect of ours
};

std::string_view StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return {}; }
  static Status NotFound(std::string m) { return {StatusCode::kNotFound, std::move(m)}; }
  static Status AlreadyExists(std::string m) { return {StatusCode::kAlreadyExists, std::move(m)}; }
  static Status InvalidArgument(std::string m) { return {StatusCode::kInvalidArgument, std::move(m)}; }
  static Status Corruption(std::string m) { return {StatusCode::kCorruption, std::move(m)}; }
  static Status IoError(std::string m) { return {StatusCode::kIoError, std::move(m)}; }
  static Status NoSpace(std::string m) { return {StatusCode::kNoSpace, std::move(m)}; }
  static Status Overloaded(std::string m) { return {StatusCode::kOverloaded, std::move(m)}; }
  static Status Unsupported(std::string m) { return {StatusCode::kUnsupported, std::move(m)}; }
  static Status Aborted(std::string m) { return {StatusCode::kAborted, std::move(m)}; }
  static Status Internal(std::string m) { return {StatusCode::kInternal, std::move(m)}; }
  // `error` is an errno value; ENOSPC and EDQUOT become kNoSpace, ENOENT kNotFound, EEXIST kAlreadyExists.
  static Status FromErrno(int error, std::string_view what);

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }
  // "corruption: segment 3 offset 4096: header checksum differs"; "ok" when ok.
  std::string ToString() const;
  // The same code with `context` put before the message.
  Status WithContext(std::string_view context) const;
  // Says in the source that an error is dropped on purpose, and why.
  void IgnoreError(std::string_view why) const { (void)why; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit by design
  Result(Status status) : status_(std::move(status)) { ARGENT_CHECK(!status_.ok()); }  // NOLINT

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  // The value; aborts when there is none: test ok() first.
  T& value() & {
    ARGENT_CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    ARGENT_CHECK(ok());
    return *value_;
  }
  T&& value() && {
    ARGENT_CHECK(ok());
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

#define ARGENT_CONCAT_INNER(a, b) a##b
#define ARGENT_CONCAT(a, b) ARGENT_CONCAT_INNER(a, b)
#define ARGENT_RETURN_IF_ERROR(expression)         \
  do {                                             \
    ::argent::Status argent_status = (expression); \
    if (!argent_status.ok()) return argent_status; \
  } while (false)
#define ARGENT_ASSIGN_OR_RETURN(declaration, expression) \
  ARGENT_ASSIGN_OR_RETURN_INNER(ARGENT_CONCAT(argent_result_, __LINE__), declaration, expression)
#define ARGENT_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                          \
  if (!result.ok()) return result.status();                            \
  declaration = std::move(result).value()

}  // namespace argent
