// What the web services work with, and the URLs they answer under.
#pragma once

#include <string>
#include <string_view>

#include "ingest/http/message.h"
#include "ingest/upload.h"
#include "storage/catalog/catalog.h"
#include "storage/segment/extent.h"

namespace argent::archive {

// All outlive the services.
struct WebParts {
  storage::Catalog* catalog = nullptr;
  storage::DataReader* reader = nullptr;
  ingest::Uploader* uploader = nullptr;
};

// The service root of DICOMweb (PS3.18 section 8.1).
inline constexpr std::string_view kDicomWebRoot = "/dicomweb";

// Absolute where the client said how it addressed us, else from the root of the server.
inline std::string DicomWebUrl(const ingest::HttpRequest& request) {
  return request.Origin() + std::string(kDicomWebRoot);
}

}  // namespace argent::archive
