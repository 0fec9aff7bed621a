#include "archive/cli/ls.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <span>

#include "archive/cli/json_line.h"
#include "archive/model/attributes.h"
#include "archive/model/rows.h"
#include "archive/model/schema.h"
#include "archive/query/query_run.h"
#include "codec/dictionary.h"

namespace argent::archive {
namespace {

using codec::Tag;

// Columns of a level: what is asked for, and shown in this order.
struct Column {
  Tag tag;
  const char* heading;
  size_t width;  // characters at least; the last column is as wide as it is
};

constexpr Column kPatientColumns[] = {{codec::tags::kPatientId, "PATIENT ID", 16},
                                      {codec::tags::kIssuerOfPatientId, "ISSUER", 10},
                                      {tags::kPatientBirthDate, "BORN", 8},
                                      {tags::kPatientSex, "SEX", 3},
                                      {tags::kPatientRelatedStudies, "STUDIES", 7},
                                      {tags::kPatientRelatedSeries, "SERIES", 6},
                                      {tags::kPatientRelatedInstances, "INSTANCES", 9},
                                      {codec::tags::kPatientName, "NAME", 0}};
constexpr Column kStudyColumns[] = {{tags::kStudyDate, "DATE", 8},
                                    {tags::kStudyTime, "TIME", 6},
                                    {codec::tags::kPatientId, "PATIENT ID", 16},
                                    {codec::tags::kPatientName, "NAME", 24},
                                    {tags::kAccessionNumber, "ACCESSION", 12},
                                    {tags::kModalitiesInStudy, "MODALITIES", 10},
                                    {tags::kStudyRelatedSeries, "SERIES", 6},
                                    {tags::kStudyRelatedInstances, "INSTANCES", 9},
                                    {tags::kStudyDescription, "DESCRIPTION", 24},
                                    {codec::tags::kStudyInstanceUid, "STUDY INSTANCE UID", 0}};
constexpr Column kSeriesColumns[] = {{tags::kModality, "MODALITY", 8},
                                     {tags::kSeriesNumber, "NUMBER", 6},
                                     {tags::kSeriesRelatedInstances, "INSTANCES", 9},
                                     {tags::kSeriesDescription, "DESCRIPTION", 24},
                                     {codec::tags::kSeriesInstanceUid, "SERIES INSTANCE UID", 64},
                                     {codec::tags::kStudyInstanceUid, "STUDY INSTANCE UID", 0}};
constexpr Column kInstanceColumns[] = {{tags::kInstanceNumber, "NUMBER", 6},
                                       {codec::tags::kSopClassUid, "SOP CLASS UID", 30},
                                       {tags::kAvailableTransferSyntaxUid, "TRANSFER SYNTAX UID", 22},
                                       {codec::tags::kSopInstanceUid, "SOP INSTANCE UID", 64},
                                       {codec::tags::kSeriesInstanceUid, "SERIES INSTANCE UID", 64},
                                       {codec::tags::kStudyInstanceUid, "STUDY INSTANCE UID", 0}};

struct Listing {
  const char* word;
  Root root;
  Level level;
  std::span<const Column> columns;
};
constexpr Listing kListings[] = {{"patients", Root::kPatient, Level::kPatient, kPatientColumns},
                                 {"studies", Root::kStudy, Level::kStudy, kStudyColumns},
                                 {"series", Root::kStudy, Level::kSeries, kSeriesColumns},
                                 {"instances", Root::kStudy, Level::kInstance, kInstanceColumns}};

codec::Vr VrOf(Tag tag) {
  const codec::CatalogAttribute* known = codec::FindCatalogAttribute(tag);
  return known != nullptr ? known->vr : codec::DictionaryVr(tag);
}

// The number of code points: columns align for text without wide or combining characters.
size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Control characters in a stored value must not reach the terminal.
std::string Printable(std::string_view text) {
  std::string out(Trim(text));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

void AppendCell(std::string_view text, size_t width, std::string* line) {
  if (!line->empty()) line->append("  ");
  line->append(text);
  const size_t characters = Characters(text);
  if (characters < width) line->append(width - characters, ' ');
}

std::string Headings(std::span<const Column> columns) {
  std::string line;
  for (const Column& column : columns) AppendCell(column.heading, column.width, &line);
  return line;
}

std::string TableLine(std::span<const Column> columns, const codec::DataSet& match) {
  std::string line;
  for (const Column& column : columns) {
    const codec::Element* element = match.Find(column.tag);
    AppendCell(element == nullptr ? "" : Printable(element->value), column.width, &line);
  }
  return line;
}

Status AddMatch(const std::string& text, Level level, codec::DataSet* keys) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos)
    return Status::InvalidArgument("--match '" + text + "': expected Keyword=VALUE");
  const std::string keyword = text.substr(0, equals);
  const auto tag = codec::TagOfKeyword(keyword);
  if (!tag) return Status::InvalidArgument("--match '" + text + "': no DICOM keyword '" + keyword + "'");
  const auto key_level = LevelOfKey(*tag);
  if (!key_level || *key_level > level) {
    return Status::InvalidArgument("--match '" + text + "': the catalog cannot match '" + keyword +
                                   "' at this level");
  }
  const codec::Vr vr = VrOf(*tag);
  if (vr == codec::MakeVr("SQ") || IsBinaryVr(vr)) {
    return Status::InvalidArgument("--match '" + text + "': '" + keyword + "' is not matched by text");
  }
  keys->SetText(*tag, vr, text.substr(equals + 1));
  return Status::Ok();
}

Status ListLevel(storage::Catalog& catalog, const Listing& listing, const LsOptions& options,
                 const std::function<void(std::string_view line)>& print) {
  Query query;
  query.root = listing.root;
  query.level = listing.level;
  query.relational = true;
  query.limit = options.limit;
  for (const Column& column : listing.columns) query.keys.SetText(column.tag, VrOf(column.tag), "");
  for (const std::string& match : options.matches)
    ARGENT_RETURN_IF_ERROR(AddMatch(match, listing.level, &query.keys));
  ARGENT_ASSIGN_OR_RETURN(auto run, QueryRun::Start(&catalog, std::move(query)));
  if (!options.json) print(Headings(listing.columns));
  while (true) {
    ARGENT_ASSIGN_OR_RETURN(const QueryRun::Step step, run->Advance());
    if (step == QueryRun::Step::kDone) return Status::Ok();
    if (step == QueryRun::Step::kWorking) continue;
    std::string line;
    if (options.json) {
      AppendJsonObject(run->identifier(), &line);
    } else {
      line = TableLine(listing.columns, run->identifier());
    }
    print(line);
  }
}

std::string_view KindName(char kind) {
  switch (static_cast<ExceptionKind>(kind)) {
    case ExceptionKind::kContent:
      return "content";
    case ExceptionKind::kInstanceMoved:
      return "instance-in-another-series";
    case ExceptionKind::kSeriesMoved:
      return "series-in-another-study";
    case ExceptionKind::kPatient:
      return "another-patient";
  }
  return "unknown";
}

std::string TimeText(int64_t unix_micros) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(unix_micros / 1'000'000)));
}

std::string ExceptionJson(std::string_view kind, const ExceptionRow& row) {
  std::string line;
  const std::string time = TimeText(row.received_unix_micros);
  const std::pair<const char*, std::string_view> members[] = {{"Kind", kind},
                                                              {"StudyInstanceUID", row.study_uid},
                                                              {"SeriesInstanceUID", row.series_uid},
                                                              {"SOPInstanceUID", row.sop_instance_uid},
                                                              {"Reason", row.reason},
                                                              {"ReceivedDateTime", time}};
  for (const auto& [key, value] : members) {
    line.append(line.empty() ? "{\"" : ",\"").append(key).append("\":");
    AppendJsonString(value, &line);
  }
  return line + "}";
}

Status ListConflicts(storage::Catalog& catalog, const LsOptions& options,
                     const std::function<void(std::string_view line)>& print) {
  if (!options.matches.empty()) return Status::InvalidArgument("conflicts take no --match");
  if (!options.json) print("KIND                        RECEIVED              SOP INSTANCE UID / REASON");
  RangeWalker rows(catalog, {PrefixRange(MakeKey(Table::kException, {}))});
  for (size_t listed = 0; listed < options.limit && rows.Next(); ++listed) {
    if (rows.key().size() < 2)
      return Status::Corruption("catalog: malformed exception key; rebuild the catalog");
    const std::string_view kind = KindName(rows.key()[1]);
    ARGENT_ASSIGN_OR_RETURN(const ExceptionRow row, ExceptionRow::Decode(rows.value()));
    print(options.json ? ExceptionJson(kind, row)
                       : fmt::format("{:26}  {}  {} {}", kind, TimeText(row.received_unix_micros),
                                     row.sop_instance_uid, Printable(row.reason)));
  }
  return rows.status();
}

}  // namespace

Status List(storage::Catalog& catalog, const LsOptions& options,
            const std::function<void(std::string_view line)>& print) {
  if (options.what == "conflicts") return ListConflicts(catalog, options, print);
  for (const Listing& listing : kListings) {
    if (options.what == listing.word) return ListLevel(catalog, listing, options, print);
  }
  return Status::InvalidArgument("'" + options.what +
                                 "': expected patients, studies, series, instances or conflicts");
}

}  // namespace argent::archive
