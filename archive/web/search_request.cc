#include "archive/web/search_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "archive/model/attributes.h"
#include "archive/query/key_matcher.h"
#include "codec/dictionary.h"
#include "codec/uid.h"
#include "ingest/http/uri.h"

namespace argent::archive {
namespace {

using codec::MakeVr;
using codec::Tag;

constexpr Tag kRequestAttributes{0x0040, 0x0275};
constexpr size_t kPathDepthMax = 8;

constexpr Tag kStudyFields[] = {tags::kStudyDate,
                                tags::kStudyTime,
                                tags::kAccessionNumber,
                                tags::kModalitiesInStudy,
                                tags::kReferringPhysicianName,
                                codec::tags::kPatientName,
                                codec::tags::kPatientId,
                                tags::kPatientBirthDate,
                                tags::kPatientSex,
                                codec::tags::kStudyInstanceUid,
                                tags::kStudyId,
                                tags::kStudyDescription,
                                tags::kStudyRelatedSeries,
                                tags::kStudyRelatedInstances};
constexpr Tag kSeriesFields[] = {tags::kModality,
                                 tags::kSeriesDescription,
                                 codec::tags::kStudyInstanceUid,
                                 codec::tags::kSeriesInstanceUid,
                                 tags::kSeriesNumber,
                                 tags::kSeriesRelatedInstances,
                                 tags::kPerformedStepStartDate,
                                 tags::kPerformedStepStartTime,
                                 kRequestAttributes};
constexpr Tag kInstanceFields[] = {codec::tags::kSopClassUid,
                                   codec::tags::kSopInstanceUid,
                                   codec::tags::kStudyInstanceUid,
                                   codec::tags::kSeriesInstanceUid,
                                   tags::kInstanceNumber,
                                   Tag{0x0028, 0x0010},  // Rows
                                   Tag{0x0028, 0x0011},  // Columns
                                   Tag{0x0028, 0x0100},  // Bits Allocated
                                   Tag{0x0028, 0x0008},  // Number of Frames
                                   tags::kAvailableTransferSyntaxUid};

codec::Vr VrOf(Tag tag) {
  const codec::CatalogAttribute* known = codec::FindCatalogAttribute(tag);
  return known != nullptr ? known->vr : codec::DictionaryVr(tag);
}

void AddField(Tag tag, codec::DataSet* keys) {
  if (!keys->Has(tag)) keys->Set({tag, VrOf(tag), {}, {}});
}

void AddFields(std::span<const Tag> fields, codec::DataSet* keys) {
  for (const Tag tag : fields) AddField(tag, keys);
}

// Every level of which the path does not say which one (PS3.18 10.6.3.3).
void AddDefaultFields(Level level, const ingest::HttpRequest& request, codec::DataSet* keys) {
  const bool study_named = !request.PathParameter("study").empty();
  const bool series_named = !request.PathParameter("series").empty();
  if (level == Level::kStudy || !study_named) AddFields(kStudyFields, keys);
  if (level == Level::kSeries || (level == Level::kInstance && !series_named)) AddFields(kSeriesFields, keys);
  if (level == Level::kInstance) AddFields(kInstanceFields, keys);
}

void AddAllFields(Level level, codec::DataSet* keys) {
  for (const codec::CatalogAttribute& attribute : codec::CatalogAttributes()) {
    if (attribute.level <= level) AddField(attribute.tag, keys);
  }
}

// nullopt: a part is no attribute, or one before the last is no sequence.
std::optional<std::vector<Tag>> ParseAttributePath(std::string_view text) {
  std::vector<Tag> path;
  while (!text.empty() && path.size() < kPathDepthMax) {
    const size_t end = std::min(text.find('.'), text.size());
    const auto tag = codec::TagOfKeyword(text.substr(0, end));
    if (!tag) return std::nullopt;
    if (!path.empty() && VrOf(path.back()) != MakeVr("SQ")) return std::nullopt;
    path.push_back(*tag);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (path.empty() || !text.empty()) return std::nullopt;
  return path;
}

// What a value of the query is as a key's value: UIDs may be listed with commas, numbers are encoded.
Result<std::string> EncodeKeyValue(codec::Vr vr, std::string_view text) {
  std::string value(text);
  if (vr == MakeVr("UI")) std::replace(value.begin(), value.end(), ',', '\\');
  if (vr == MakeVr("SQ"))
    return Status::InvalidArgument("a sequence is matched by an attribute in it, Sequence.Attribute=value");
  if (!IsBinaryVr(vr) || text.empty()) return value;
  const bool is_short = vr == MakeVr("US") || vr == MakeVr("SS");
  if (!is_short && vr != MakeVr("UL") && vr != MakeVr("SL"))
    return Status::InvalidArgument("an attribute of VR " + vr.text() + " cannot be matched");
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return Status::InvalidArgument(fmt::format("\"{}\" is not a whole number", text));
  uint8_t bytes[4];
  StoreLe32(bytes, static_cast<uint32_t>(number));
  return std::string(AsText(ByteView(bytes, is_short ? 2 : 4)));
}

// The Data Set of keys in which the last tag of `path` stands; one item in each sequence on the way.
codec::DataSet* DescendTo(const std::vector<Tag>& path, codec::DataSet* keys) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    AddField(path[i], keys);
    auto& elements = keys->mutable_elements();
    const auto sequence = std::find_if(elements.begin(), elements.end(),
                                       [&](const codec::Element& element) { return element.tag == path[i]; });
    if (sequence->items.empty()) sequence->items.emplace_back();
    keys = &sequence->items.front();
  }
  return keys;
}

class Parser {
 public:
  Parser(Level level, const ingest::HttpRequest& request) : level_(level), request_(request) {
    Query& query = result_.query;
    query.root = Root::kStudy;
    query.level = level;
    query.relational = true;
    AddDefaultFields(level, request, &query.keys);
  }

  Result<SearchRequest> Parse() {
    ARGENT_ASSIGN_OR_RETURN(const ingest::QueryParameters parameters, ingest::ParseQuery(request_.query));
    for (const auto& [name, value] : parameters) {
      ARGENT_RETURN_IF_ERROR(TakeParameter(name, value).WithContext("query parameter " + name));
    }
    ARGENT_RETURN_IF_ERROR(NamePathUid("study", codec::tags::kStudyInstanceUid));
    ARGENT_RETURN_IF_ERROR(NamePathUid("series", codec::tags::kSeriesInstanceUid));
    return std::move(result_);
  }

 private:
  Status TakeParameter(const std::string& name, const std::string& value) {
    if (name == "limit") return TakeNumber(value, &result_.query.limit);
    if (name == "offset") return TakeNumber(value, &result_.query.offset);
    if (name == "includefield") return TakeIncludeFields(value);
    if (name == "fuzzymatching") {
      if (value == "true")
        Warn("The fuzzymatching parameter is not supported. Only literal matching has been performed.");
      return CheckFlag(value);
    }
    if (name == "emptyvaluematching" || name == "multiplevaluematching") return CheckFlag(value);
    if (name == "accept" || name == "charset") return Status::Ok();
    return TakeMatch(name, value);
  }

  Status TakeNumber(const std::string& text, size_t* number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return Status::Ok();
    return Status::InvalidArgument("\"" + text + "\" is not a number");
  }

  Status CheckFlag(const std::string& value) {
    if (value == "true" || value == "false") return Status::Ok();
    return Status::InvalidArgument("it is true or false");
  }

  Status TakeIncludeFields(std::string_view list) {
    while (!list.empty()) {
      const size_t end = std::min(list.find(','), list.size());
      const std::string_view field = list.substr(0, end);
      list.remove_prefix(std::min(end + 1, list.size()));
      if (field == "all") {
        AddAllFields(level_, &result_.query.keys);
        continue;
      }
      const auto path = ParseAttributePath(field);
      if (!path) return Status::InvalidArgument(fmt::format("\"{}\" is not an attribute", field));
      if (IsSupported(path->front(), field)) AddField(path->back(), DescendTo(*path, &result_.query.keys));
    }
    return Status::Ok();
  }

  Status TakeMatch(const std::string& name, const std::string& value) {
    const auto path = ParseAttributePath(name);
    if (!path) return Status::InvalidArgument("there is no such parameter or attribute");
    ARGENT_ASSIGN_OR_RETURN(std::string key_value, EncodeKeyValue(VrOf(path->back()), value));
    if (!IsSupported(path->front(), name)) return Status::Ok();
    DescendTo(*path, &result_.query.keys)->Set({path->back(), VrOf(path->back()), std::move(key_value), {}});
    return Status::Ok();
  }

  bool IsSupported(Tag tag, std::string_view name) {
    const auto level = LevelOfKey(tag);
    if (level && *level <= level_) return true;
    Warn(fmt::format("The attribute {} is not kept for searching at this level and was passed over.", name));
    return false;
  }

  Status NamePathUid(const char* parameter, Tag tag) {
    const std::string_view uid = request_.PathParameter(parameter);
    if (uid.empty()) return Status::Ok();
    if (!codec::IsAcceptableUid(uid)) return Status::InvalidArgument(fmt::format("\"{}\" is not a UID", uid));
    result_.query.keys.SetText(tag, MakeVr("UI"), uid);
    return Status::Ok();
  }

  void Warn(std::string sentence) { result_.warnings.push_back(std::move(sentence)); }

  const Level level_;
  const ingest::HttpRequest& request_;
  SearchRequest result_;
};

}  // namespace

Result<SearchRequest> ParseSearchRequest(Level level, const ingest::HttpRequest& request) {
  return Parser(level, request).Parse();
}

}  // namespace argent::archive
