#include "archive/query/value_matching.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "archive/model/attributes.h"

namespace argent::archive {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// Bytes of the code point that starts `text`; 1 for bytes that start none.
size_t CodePointBytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return std::min(bytes, text.size());
}

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int64_t Number(std::string_view digits) {
  int64_t value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  return value;
}

// Days since 0000-03-01 in the proleptic Gregorian calendar (years counted from March, so that leap days come
// last).
int64_t DayNumber(int64_t year, int64_t month, int64_t day) {
  if (month <= 2) year -= 1;
  const int64_t month_from_march = (month + 9) % 12;
  return year * 365 + year / 4 - year / 100 + year / 400 + (month_from_march * 153 + 2) / 5 + day - 1;
}

int64_t DaysInMonth(int64_t year, int64_t month) {
  constexpr std::array<int64_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// YYYY, YYYYMM or YYYYMMDD as days.
std::optional<Span> ParseDays(std::string_view digits) {
  if ((digits.size() != 4 && digits.size() != 6 && digits.size() != 8) || !AllDigits(digits))
    return std::nullopt;
  const int64_t year = Number(digits.substr(0, 4));
  int64_t first_month = 1;
  int64_t last_month = 12;
  if (digits.size() >= 6) first_month = last_month = Number(digits.substr(4, 2));
  if (first_month < 1 || last_month > 12) return std::nullopt;
  int64_t first_day = 1;
  int64_t last_day = DaysInMonth(year, last_month);
  if (digits.size() == 8) {
    first_day = Number(digits.substr(6, 2));
    if (first_day < 1 || first_day > last_day) return std::nullopt;
    last_day = first_day;
  }
  return Span{DayNumber(year, first_month, first_day), DayNumber(year, last_month, last_day)};
}

// HH, HHMM, HHMMSS or HHMMSS.F to .FFFFFF as microseconds; ACR-NEMA's colons are accepted.
std::optional<Span> ParseTime(std::string_view text) {
  std::string compact(text);
  std::erase(compact, ':');
  std::string_view digits(compact);
  std::string_view fraction;
  if (const size_t dot = digits.find('.'); dot != std::string_view::npos) {
    fraction = digits.substr(dot + 1);
    digits = digits.substr(0, dot);
    if (digits.size() != 6 || fraction.empty() || fraction.size() > 6 || !AllDigits(fraction))
      return std::nullopt;
  }
  if ((digits.size() != 2 && digits.size() != 4 && digits.size() != 6) || !AllDigits(digits))
    return std::nullopt;
  const int64_t hour = Number(digits.substr(0, 2));
  const int64_t minute = digits.size() >= 4 ? Number(digits.substr(2, 2)) : 0;
  const int64_t second = digits.size() >= 6 ? Number(digits.substr(4, 2)) : 0;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  int64_t first = ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond;
  int64_t width = (digits.size() == 2 ? 3600 : digits.size() == 4 ? 60 : 1) * kMicrosPerSecond;
  if (!fraction.empty()) {
    width = 1;
    for (size_t i = fraction.size(); i < 6; ++i) width *= 10;
    first += Number(fraction) * width;
  }
  return Span{first, first + width - 1};
}

// Takes "&ZZXX" (+HHMM or -HHMM) off the end of a DT value; 0 when there is none.
std::optional<int64_t> TakeOffset(std::string_view* text) {
  if (text->size() <= 5) return 0;
  const std::string_view tail = text->substr(text->size() - 5);
  if ((tail[0] != '+' && tail[0] != '-') || !AllDigits(tail.substr(1))) return 0;
  const int64_t hours = Number(tail.substr(1, 2));
  const int64_t minutes = Number(tail.substr(3, 2));
  if (hours > 14 || minutes > 59) return std::nullopt;
  text->remove_suffix(5);
  const int64_t micros = (hours * 60 + minutes) * 60 * kMicrosPerSecond;
  return tail[0] == '-' ? -micros : micros;
}

std::optional<Span> ParseDateTime(std::string_view text) {
  const auto offset = TakeOffset(&text);
  if (!offset) return std::nullopt;
  const auto days = ParseDays(text.substr(0, 8));
  if (!days) return std::nullopt;
  Span span{days->first * kMicrosPerDay, (days->last + 1) * kMicrosPerDay - 1};
  if (text.size() > 8) {
    const auto time = ParseTime(text.substr(8));
    if (!time) return std::nullopt;
    span = {days->first * kMicrosPerDay + time->first, days->first * kMicrosPerDay + time->last};
  }
  return Span{span.first - *offset, span.last - *offset};
}

// Where the '-' of a range stands; a '-' in DT may also be a UTC offset's.
size_t RangeSeparator(codec::Vr vr, std::string_view text) {
  const size_t first = text.find('-');
  if (first == std::string_view::npos || vr != codec::MakeVr("DT")) return first;
  const auto is_offset = [&](size_t at) {
    const std::string_view tail = text.substr(at + 1);
    return at >= 4 && tail.size() >= 4 && AllDigits(tail.substr(0, 4)) && Number(tail.substr(0, 2)) <= 12 &&
           (tail.size() == 4 || tail[4] == '-');
  };
  return is_offset(first) ? text.find('-', first + 1) : first;
}

}  // namespace

bool AllowsWildcard(codec::Vr vr) {
  static constexpr codec::Vr kAllowed[] = {codec::MakeVr("AE"), codec::MakeVr("CS"), codec::MakeVr("LO"),
                                           codec::MakeVr("LT"), codec::MakeVr("PN"), codec::MakeVr("SH"),
                                           codec::MakeVr("ST"), codec::MakeVr("UC"), codec::MakeVr("UR"),
                                           codec::MakeVr("UT")};
  return std::find(std::begin(kAllowed), std::end(kAllowed), vr) != std::end(kAllowed);
}

bool AllowsRange(codec::Vr vr) {
  return vr == codec::MakeVr("DA") || vr == codec::MakeVr("TM") || vr == codec::MakeVr("DT");
}

bool HasWildcard(std::string_view pattern) { return pattern.find_first_of("*?") != std::string_view::npos; }

bool WildcardMatch(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t after_star = std::string_view::npos;  // where to resume in the pattern
  size_t star_text = 0;                        // where the last '*' may end next
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += CodePointBytes(text.substr(t));
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      star_text += CodePointBytes(text.substr(star_text));
      t = star_text;
      p = after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string_view LiteralPrefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*?"));
}

std::optional<Span> ParseMoment(codec::Vr vr, std::string_view text) {
  text = Trim(text);
  if (vr == codec::MakeVr("DA")) {
    const std::string date = NormalizeDate(text);
    return date.size() == 8 ? ParseDays(date) : std::nullopt;
  }
  return vr == codec::MakeVr("TM") ? ParseTime(text) : ParseDateTime(text);
}

std::optional<std::string> DateOfDay(int64_t day) {
  if (day < DayNumber(0, 3, 1) || day > DayNumber(9999, 12, 31)) return std::nullopt;
  // The inverse of DayNumber, by 400-year cycles of 146,097 days.
  const int64_t cycle = day / 146'097;
  const int64_t in_cycle = day % 146'097;
  const int64_t year_in_cycle = (in_cycle - in_cycle / 1'460 + in_cycle / 36'524 - in_cycle / 146'096) / 365;
  const int64_t day_of_year = in_cycle - (365 * year_in_cycle + year_in_cycle / 4 - year_in_cycle / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = cycle * 400 + year_in_cycle + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}{:02}{:02}", year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1);
}

bool IsRange(codec::Vr vr, std::string_view text) {
  return AllowsRange(vr) && RangeSeparator(vr, Trim(text)) != std::string_view::npos;
}

std::optional<Span> ParseRange(codec::Vr vr, std::string_view text) {
  text = Trim(text);
  const size_t separator = RangeSeparator(vr, text);
  if (separator == std::string_view::npos) return ParseMoment(vr, text);
  const std::string_view begin = Trim(text.substr(0, separator));
  const std::string_view end = Trim(text.substr(separator + 1));
  Span span;
  if (!begin.empty()) {
    const auto first = ParseMoment(vr, begin);
    if (!first) return std::nullopt;
    span.first = first->first;
  }
  if (!end.empty()) {
    const auto last = ParseMoment(vr, end);
    if (!last) return std::nullopt;
    span.last = last->last;
  }
  return span;
}

}  // namespace argent::archive
