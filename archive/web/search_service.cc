#include "archive/web/search_service.h"

#include <fmt/format.h>

#include "archive/model/attributes.h"
#include "archive/query/query_run.h"
#include "archive/web/search_request.h"
#include "codec/dicom_json.h"
#include "ingest/http/media_type.h"
#include "ingest/http/problem.h"
#include "ingest/http/uri.h"

namespace argent::archive {
namespace {

constexpr codec::Tag kRetrieveUrl{0x0008, 0x1190};

std::string RetrieveUrl(const std::string& root, Level level, const codec::DataSet& match) {
  std::string url = fmt::format("{}/studies/{}", root,
                                ingest::EncodePercent(Trim(match.Text(codec::tags::kStudyInstanceUid))));
  if (level >= Level::kSeries)
    url += "/series/" + ingest::EncodePercent(Trim(match.Text(codec::tags::kSeriesInstanceUid)));
  if (level >= Level::kInstance)
    url += "/instances/" + ingest::EncodePercent(Trim(match.Text(codec::tags::kSopInstanceUid)));
  return url;
}

void AppendMatch(const codec::DataSet& identifier, Level level, const std::string& root, std::string* out) {
  codec::DataSet match = identifier;
  match.Erase(codec::tags::kQueryRetrieveLevel);
  match.SetText(codec::tags::kSpecificCharacterSet, codec::MakeVr("CS"), "ISO_IR 192");
  match.SetText(kRetrieveUrl, codec::MakeVr("UR"), RetrieveUrl(root, level, match));
  codec::AppendDicomJson(match, out);
}

bool AcceptsJson(const ingest::HttpRequest& request) {
  for (const ingest::MediaType& range : ingest::ParseAccept(request.fields.Joined("Accept"))) {
    if (range.Includes("application/dicom+json") || range.Includes("application/json")) return true;
  }
  return false;
}

// The first match decides between 200 and 204; the others follow as they are found.
Status SendMatches(QueryRun* run, Level level, const std::vector<std::string>& warnings,
                   ingest::HttpExchange* exchange) {
  const std::string root = DicomWebUrl(exchange->request());
  ingest::HttpResponse response;
  for (const std::string& sentence : warnings)
    response.fields.Add("Warning", fmt::format("299 argent \"{}\"", sentence));
  bool any = false;
  for (;;) {
    ARGENT_ASSIGN_OR_RETURN(const QueryRun::Step step, run->Advance());
    if (step == QueryRun::Step::kDone) break;
    if (step == QueryRun::Step::kWorking) continue;
    if (!any) {
      response.fields.Add("Content-Type", "application/dicom+json");
      ARGENT_RETURN_IF_ERROR(exchange->Begin(response));
    }
    std::string text = any ? ",\n" : "[";
    any = true;
    AppendMatch(run->identifier(), level, root, &text);
    ARGENT_RETURN_IF_ERROR(exchange->Write(AsBytes(text)));
  }
  if (!any) {
    response.status = 204;
    return exchange->Respond(std::move(response), "");
  }
  ARGENT_RETURN_IF_ERROR(exchange->Write(AsBytes("]\n")));
  return exchange->Finish();
}

void Search(storage::Catalog* catalog, Level level, ingest::HttpExchange& exchange) {
  if (!AcceptsJson(exchange.request()))
    return ingest::RespondProblem(exchange, 406, "search results are application/dicom+json");
  auto request = ParseSearchRequest(level, exchange.request());
  if (!request.ok()) return exchange.Fail(request.status());
  auto run = QueryRun::Start(catalog, std::move(request->query));
  if (!run.ok()) return exchange.Fail(run.status());
  const Status sent = SendMatches(run->get(), level, request->warnings, &exchange);
  if (!sent.ok()) exchange.Fail(sent);
}

}  // namespace

void AddSearchService(const WebParts& parts, ingest::HttpRouter* router) {
  struct Resource {
    const char* path;
    Level level;
  };
  static constexpr Resource kResources[] = {
      {"/studies", Level::kStudy},
      {"/studies/{study}/series", Level::kSeries},
      {"/studies/{study}/instances", Level::kInstance},
      {"/studies/{study}/series/{series}/instances", Level::kInstance},
      {"/series", Level::kSeries},
      {"/series/{series}/instances", Level::kInstance},
      {"/instances", Level::kInstance},
  };
  for (const Resource& resource : kResources) {
    router->Add("GET", std::string(kDicomWebRoot) + resource.path,
                [catalog = parts.catalog, level = resource.level](ingest::HttpExchange& exchange) {
                  Search(catalog, level, exchange);
                });
  }
}

}  // namespace argent::archive
