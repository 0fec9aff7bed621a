// A query checked against the hierarchy (PS3.4 C.4.1.2) and compiled: what must match, level by level.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "archive/query/key_matcher.h"
#include "archive/query/query.h"

namespace argent::archive {

// A date and its time matched as one (PS3.4 C.2.2.2.5, combined date-time matching).
struct CombinedDateTime {
  codec::Tag date;
  codec::Tag time;
  Span span;  // microseconds, days counted as on the DA axis
  Level level;
  bool Matches(const codec::DataSet& attributes) const;
};

class CompiledQuery {
 public:
  // kInvalidArgument, with a message short enough for an Error Comment: a unique key of a higher level is
  // missing or not a single value (and the query is not relational), the level does not exist in the root, or
  // a key is malformed.
  static Result<CompiledQuery> Compile(Query query);

  const Query& query() const { return query_; }
  // A key that restricts, of the query's level or above; nullptr when there is none.
  const KeyMatcher* FindRestriction(codec::Tag tag) const;
  // True when a row of `level` matches all keys of that level. At the study level `attributes` holds the
  // patient's too.
  bool Matches(Level level, const codec::DataSet& attributes) const;
  // A key was given that the catalog does not hold, or that lies below the query's level: it restricted
  // nothing (FF01).
  bool has_unsupported_keys() const { return has_unsupported_keys_; }
  bool wants(codec::Tag tag) const { return query_.keys.Has(tag); }

 private:
  Status CheckHierarchy() const;
  Status CompileKeys();
  void CombineDatesAndTimes();

  Query query_;
  std::array<std::vector<KeyMatcher>, 4> restrictions_;  // by level
  std::vector<CombinedDateTime> combined_;
  bool has_unsupported_keys_ = false;
};

}  // namespace argent::archive
