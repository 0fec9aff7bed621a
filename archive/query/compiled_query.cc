#include "archive/query/compiled_query.h"

#include <algorithm>

#include "archive/model/attributes.h"
#include "codec/uid.h"

namespace argent::archive {
namespace {

constexpr int64_t kMicrosPerDay = int64_t{86'400} * 1'000'000;

struct DateTimePair {
  codec::Tag date;
  codec::Tag time;
};
constexpr DateTimePair kPairs[] = {
    {tags::kStudyDate, tags::kStudyTime},
    {tags::kSeriesDate, tags::kSeriesTime},
    {tags::kAcquisitionDate, tags::kAcquisitionTime},
    {tags::kContentDate, tags::kContentTime},
    {tags::kPerformedStepStartDate, tags::kPerformedStepStartTime},
};

size_t IndexOf(Level level) { return static_cast<size_t>(level); }

// One value without wildcards.
bool IsSingleValue(std::string_view text) {
  text = Trim(text);
  return !text.empty() && text.find('\\') == std::string_view::npos && !HasWildcard(text);
}

// A peer's VR decides nothing: the catalog knows what the attribute is.
codec::Element WithCatalogVr(codec::Element key) {
  const codec::CatalogAttribute* known = codec::FindCatalogAttribute(key.tag);
  const codec::Vr sequence = codec::MakeVr("SQ");
  if (known != nullptr && known->vr != sequence && key.vr != sequence) key.vr = known->vr;
  return key;
}

Status RequireUnique(const codec::DataSet& keys, codec::Tag tag, const char* name) {
  if (IsSingleValue(keys.Text(tag))) return Status::Ok();
  return Status::InvalidArgument(std::string(name) + " must be a single value (not relational)");
}

}  // namespace

bool CombinedDateTime::Matches(const codec::DataSet& attributes) const {
  const auto day = ParseMoment(codec::MakeVr("DA"), attributes.Text(date));
  if (!day) return false;
  // A date without a time is the whole day.
  const Span clock =
      ParseMoment(codec::MakeVr("TM"), attributes.Text(time)).value_or(Span{0, kMicrosPerDay - 1});
  return day->first * kMicrosPerDay + clock.last >= span.first &&
         day->first * kMicrosPerDay + clock.first <= span.last;
}

Result<CompiledQuery> CompiledQuery::Compile(Query query) {
  CompiledQuery compiled;
  compiled.query_ = std::move(query);
  ARGENT_RETURN_IF_ERROR(compiled.CheckHierarchy());
  ARGENT_RETURN_IF_ERROR(compiled.CompileKeys());
  if (compiled.query_.combined_date_time) compiled.CombineDatesAndTimes();
  return compiled;
}

Status CompiledQuery::CheckHierarchy() const {
  if (query_.root == Root::kStudy && query_.level == Level::kPatient) {
    return Status::InvalidArgument("PATIENT level does not exist in Study Root");
  }
  if (query_.relational) return Status::Ok();
  const codec::DataSet& keys = query_.keys;
  if (query_.root == Root::kPatient && query_.level > Level::kPatient) {
    ARGENT_RETURN_IF_ERROR(RequireUnique(keys, codec::tags::kPatientId, "Patient ID"));
  }
  if (query_.level > Level::kStudy) {
    ARGENT_RETURN_IF_ERROR(RequireUnique(keys, codec::tags::kStudyInstanceUid, "Study Instance UID"));
  }
  if (query_.level > Level::kSeries) {
    ARGENT_RETURN_IF_ERROR(RequireUnique(keys, codec::tags::kSeriesInstanceUid, "Series Instance UID"));
  }
  return Status::Ok();
}

Status CompiledQuery::CompileKeys() {
  for (const codec::Element& key : query_.keys.elements()) {
    if (IsControlElement(key.tag)) continue;
    const auto level = LevelOfKey(key.tag);
    if (!level || *level > query_.level) {
      has_unsupported_keys_ = true;
      continue;
    }
    ARGENT_ASSIGN_OR_RETURN(KeyMatcher matcher, KeyMatcher::Compile(WithCatalogVr(key)));
    if (matcher.universal()) continue;
    // A Study's row holds its patient attributes too, so everything above the Series is matched there.
    const Level matched_at =
        query_.level == Level::kPatient ? Level::kPatient : std::max(*level, Level::kStudy);
    restrictions_[IndexOf(matched_at)].push_back(std::move(matcher));
  }
  return Status::Ok();
}

void CompiledQuery::CombineDatesAndTimes() {
  for (const DateTimePair& pair : kPairs) {
    for (size_t level = 0; level < restrictions_.size(); ++level) {
      std::vector<KeyMatcher>& keys = restrictions_[level];
      const auto find = [&keys](codec::Tag tag) {
        return std::find_if(keys.begin(), keys.end(),
                            [tag](const KeyMatcher& key) { return key.tag() == tag; });
      };
      const auto date = find(pair.date);
      const auto time = find(pair.time);
      if (date == keys.end() || time == keys.end()) continue;
      if (date->spans().size() != 1 || time->spans().size() != 1) continue;
      Span span;
      const Span& days = date->spans()[0];
      const Span& clock = time->spans()[0];
      if (days.first != span.first)
        span.first = days.first * kMicrosPerDay + std::max<int64_t>(clock.first, 0);
      if (days.last != span.last)
        span.last = days.last * kMicrosPerDay + std::min(clock.last, kMicrosPerDay - 1);
      combined_.push_back({pair.date, pair.time, span, static_cast<Level>(level)});
      keys.erase(time);  // the date stays: it is implied, and it has an index
    }
  }
}

const KeyMatcher* CompiledQuery::FindRestriction(codec::Tag tag) const {
  for (const std::vector<KeyMatcher>& keys : restrictions_) {
    for (const KeyMatcher& key : keys) {
      if (key.tag() == tag) return &key;
    }
  }
  return nullptr;
}

bool CompiledQuery::Matches(Level level, const codec::DataSet& attributes) const {
  const std::vector<KeyMatcher>& keys = restrictions_[IndexOf(level)];
  return std::all_of(keys.begin(), keys.end(),
                     [&](const KeyMatcher& key) { return key.Matches(attributes); }) &&
         std::all_of(combined_.begin(), combined_.end(), [&](const CombinedDateTime& pair) {
           return pair.level != level || pair.Matches(attributes);
         });
}

}  // namespace argent::archive
