// Settings from the configuration file (TOML) and `--set key=value`. Keys are the long option names
// ("dimse-port"); what stands on the command line wins over --set, that over the file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/status.h"

namespace argent::archive {

class Settings {
 public:
  // kInvalidArgument with line and column, also when the file cannot be read.
  Status LoadFile(const std::string& path);
  // "key=value". kInvalidArgument: no "=", or a key that does not exist.
  Status Set(std::string_view assignment);
  // What the command line says.
  Status Replace(const std::string& key, std::vector<std::string> values) {
    return Add(key, std::move(values));
  }
  std::optional<std::string> Get(std::string_view key) const;
  std::vector<std::string> GetList(std::string_view key) const;
  // kInvalidArgument unless the value is an integer in [least, most].
  Result<uint64_t> GetInteger(std::string_view key, uint64_t fallback, uint64_t least, uint64_t most) const;

  static constexpr std::string_view kKeys[] = {"aet",
                                               "accept-called-aet",
                                               "accept-calling-aet",
                                               "associations-max",
                                               "bind",
                                               "codec",
                                               "compact",
                                               "compact-threads",
                                               "data",
                                               "dimse-port",
                                               "hot-mib",
                                               "http-port",
                                               "insecure",
                                               "log-format",
                                               "log-level",
                                               "peer",
                                               "reserve-mib",
                                               "segment-mib"};

 private:
  Status Add(const std::string& key, std::vector<std::string> values);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace argent::archive
