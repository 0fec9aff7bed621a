// Media types and Accept (RFC 9110 sections 8.3 and 12.5.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace argent::ingest {

struct MediaType {
  std::string type;     // lower case; "*" in a range
  std::string subtype;  // lower case; "*" in a range
  // Names in lower case, values without quotes; without "q".
  std::vector<std::pair<std::string, std::string>> parameters;
  double quality = 1;  // "q" of an Accept

  std::string full() const { return type + "/" + subtype; }
  // Empty when there is none.
  std::string_view Parameter(std::string_view name) const;
  // Whether `full_type` ("application/dicom+json") lies in this range; parameters are not looked at.
  bool Includes(std::string_view full_type) const;
};

// nullopt: not a media type.
std::optional<MediaType> ParseMediaType(std::string_view text);
// In order of preference: by quality, then as written. Parts that are no media type are passed over; those
// with q=0 are left out. Empty text accepts anything: one range */*.
std::vector<MediaType> ParseAccept(std::string_view text);

}  // namespace argent::ingest
