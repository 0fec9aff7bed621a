#include "ingest/dimse/abstract_syntax.h"

#include <algorithm>
#include <iterator>

#include "codec/uid.h"

namespace argent::ingest {
namespace {

// PS3.6 Table A-1. Each stands for itself and for what is below it.
constexpr std::string_view kOtherServices[] = {
    "1.2.840.10008.1",  // Verification, Transfer Syntaxes, Media Storage Directory, Storage Commitment, event
                        // logging
    "1.2.840.10008.2",  // vocabularies
    "1.2.840.10008.3.1",    // Detached management, Modality Performed Procedure Step, application context
    "1.2.840.10008.4",      // the Storage Service Class as such
    "1.2.840.10008.5.1.1",  // print
    "1.2.840.10008.5.1.4.1.1.200.4",  // Protocol Approval query and retrieve
    "1.2.840.10008.5.1.4.1.1.200.5", "1.2.840.10008.5.1.4.1.1.200.6",
    "1.2.840.10008.5.1.4.1.1.201.2",  // Inventory query and retrieve, creation, Repository Query
    "1.2.840.10008.5.1.4.1.1.201.3", "1.2.840.10008.5.1.4.1.1.201.4", "1.2.840.10008.5.1.4.1.1.201.5",
    "1.2.840.10008.5.1.4.1.1.201.6",
    "1.2.840.10008.5.1.4.1.2",   // Query/Retrieve
    "1.2.840.10008.5.1.4.31",    // Modality Worklist
    "1.2.840.10008.5.1.4.32",    // General Purpose Worklist
    "1.2.840.10008.5.1.4.33",    // Instance Availability Notification
    "1.2.840.10008.5.1.4.34.2",  // machine verification
    "1.2.840.10008.5.1.4.34.3",
    "1.2.840.10008.5.1.4.34.4",  // Unified Procedure Step
    "1.2.840.10008.5.1.4.34.5", "1.2.840.10008.5.1.4.34.6",
    "1.2.840.10008.5.1.4.34.8",  // machine verification
    "1.2.840.10008.5.1.4.34.9",
    "1.2.840.10008.5.1.4.37",    // Relevant Patient Information, Breast Imaging, Cardiac queries
    "1.2.840.10008.5.1.4.38.2",  // Hanging Protocol query and retrieve
    "1.2.840.10008.5.1.4.38.3", "1.2.840.10008.5.1.4.38.4",
    "1.2.840.10008.5.1.4.39.2",  // Color Palette query and retrieve
    "1.2.840.10008.5.1.4.39.3", "1.2.840.10008.5.1.4.39.4",
    "1.2.840.10008.5.1.4.41",    // Product Characteristics query
    "1.2.840.10008.5.1.4.42",    // Substance Approval query
    "1.2.840.10008.5.1.4.43.2",  // Implant Template query and retrieve
    "1.2.840.10008.5.1.4.43.3", "1.2.840.10008.5.1.4.43.4",
    "1.2.840.10008.5.1.4.44.2",  // Implant Assembly Template query and retrieve
    "1.2.840.10008.5.1.4.44.3", "1.2.840.10008.5.1.4.44.4",
    "1.2.840.10008.5.1.4.45.2",  // Implant Template Group query and retrieve
    "1.2.840.10008.5.1.4.45.3", "1.2.840.10008.5.1.4.45.4",
    "1.2.840.10008.10",  // real-time communication
    "1.2.840.10008.15",  // configuration
};

// Retired storage among the print services.
constexpr std::string_view kStoredPrints[] = {
    "1.2.840.10008.5.1.1.27",  // Stored Print Storage
    "1.2.840.10008.5.1.1.29",  // Hardcopy Grayscale Image Storage
    "1.2.840.10008.5.1.1.30",  // Hardcopy Color Image Storage
};

bool IsAtOrBelow(std::string_view uid, std::string_view root) {
  return uid.starts_with(root) && (uid.size() == root.size() || uid[root.size()] == '.');
}

}  // namespace

bool MayBeStorageSopClass(std::string_view uid) {
  if (!codec::IsAcceptableUid(uid)) return false;
  if (std::find(std::begin(kStoredPrints), std::end(kStoredPrints), uid) != std::end(kStoredPrints))
    return true;
  return std::none_of(std::begin(kOtherServices), std::end(kOtherServices),
                      [uid](std::string_view root) { return IsAtOrBelow(uid, root); });
}

}  // namespace argent::ingest
