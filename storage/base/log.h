// The program's log: one line per event on stderr, as text or JSON. Logging never fails the caller.
// Usage: ARGENT_LOG_INFO("association accepted calling={} peer={}", ae, peer);
#pragma once

#include <fmt/core.h>

#include <string_view>

namespace argent {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

void InitLog(LogFormat format, LogLevel minimum);
bool LogEnabled(LogLevel level);
void LogLine(LogLevel level, std::string_view message);

#define ARGENT_LOG(level, ...)                                                             \
  do {                                                                                     \
    if (::argent::LogEnabled(level)) ::argent::LogLine(level, ::fmt::format(__VA_ARGS__)); \
  } while (false)
#define ARGENT_LOG_DEBUG(...) ARGENT_LOG(::argent::LogLevel::kDebug, __VA_ARGS__)
#define ARGENT_LOG_INFO(...) ARGENT_LOG(::argent::LogLevel::kInfo, __VA_ARGS__)
#define ARGENT_LOG_WARNING(...) ARGENT_LOG(::argent::LogLevel::kWarning, __VA_ARGS__)
#define ARGENT_LOG_ERROR(...) ARGENT_LOG(::argent::LogLevel::kError, __VA_ARGS__)

}  // namespace argent
