// Verbs of the codec tests: scan bytes whole or split, and results as text to compare.
#pragma once

#include <string>
#include <string_view>

#include "codec/scanner.h"

namespace argent::codec {

Result<ScanResult> ScanSyntax(std::string_view data_set, const TransferSyntax& syntax,
                              const ScanLimits& limits = {});
Result<ScanResult> Scan(std::string_view data_set, Encoding encoding, const ScanLimits& limits = {});
// The same bytes in pieces of random length.
Result<ScanResult> ScanSplit(std::string_view data_set, Encoding encoding, uint64_t seed);
// Everything in the result, or the error.
std::string ToText(const Result<ScanResult>& result);
std::string ToText(const DataSet& data_set);

// The elements every Instance needs, up to group 0020, to append to.
std::string InstanceHead(Encoding encoding);
std::string ZlibWrapped(std::string_view bytes);

// ARGENT_TEST_DATA, or empty.
std::string TestDataFolder();
std::string ReadFile(const std::string& path);

}  // namespace argent::codec
