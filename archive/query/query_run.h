// A running query: matches one after the other, in bounded slices of work, so that a caller can look for a
// cancel in between.
//
// The order of matches is that of the plan's index and then of the UIDs; it is stable as long as the catalog
// does not change, so offset and limit page through it. Rows that change while the query runs are seen as
// before or as after. One thread.
#pragma once

#include <memory>

#include "archive/model/rows.h"
#include "archive/query/compiled_query.h"
#include "archive/query/plan.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

// Walks the keys of several ranges in order.
class RangeWalker {
 public:
  RangeWalker(storage::Catalog& catalog, std::vector<KeyRange> ranges)
      : cursor_(catalog.NewCursor()), ranges_(std::move(ranges)) {}
  // False at the end and after an error: ask status().
  bool Next();
  std::string_view key() const { return cursor_->key(); }
  std::string_view value() const { return cursor_->value(); }
  Status status() const { return cursor_->status(); }

 private:
  std::unique_ptr<storage::CatalogCursor> cursor_;
  std::vector<KeyRange> ranges_;
  size_t next_range_ = 0;
  bool inside_ = false;
};

class QueryRun {
 public:
  enum class Step { kMatch, kWorking, kDone };
  // Rows looked at in one Advance(): about 2 ms at 5 to 10 us per row.
  static constexpr int kRowsPerStepMax = 256;

  // Errors of CompiledQuery::Compile and MakePlan. `catalog` must outlive the run.
  static Result<std::unique_ptr<QueryRun>> Start(storage::Catalog* catalog, Query query);

  // kMatch: identifier() holds the next match. kWorking: nothing yet, call again. kDone: no more.
  Result<Step> Advance();
  // The answer to the last match, in UTF-8: every requested key (empty when unknown), the level, unique keys
  // of the levels above, Retrieve AE Title and Instance Availability.
  const codec::DataSet& identifier() const { return identifier_; }
  const Plan& plan() const { return plan_; }
  bool has_unsupported_keys() const { return compiled_.has_unsupported_keys(); }

 private:
  enum class Visit { kEnd, kSkip, kMatch };

  QueryRun(storage::Catalog* catalog, CompiledQuery compiled, Plan plan);
  Result<Visit> VisitNext();
  Result<Visit> VisitCandidate();
  Result<Visit> VisitPatient(std::string_view patient_key, std::string_view bytes);
  Result<Visit> VisitStudy(std::string study_uid, std::string_view bytes);
  Result<Visit> VisitSeries();
  Result<Visit> VisitInstance();
  Status AddPatientCounts(const std::string& patient_key, codec::DataSet* view);
  template <typename Row>
  bool IsFirstEntry(const Row& row, std::string_view target) const;
  std::vector<KeyRange> SeriesRanges() const;
  std::vector<KeyRange> InstanceRanges() const;
  Level level() const { return compiled_.query().level; }

  storage::Catalog* catalog_;
  CompiledQuery compiled_;
  Plan plan_;
  RangeWalker candidates_;
  std::unique_ptr<RangeWalker> series_;
  std::unique_ptr<RangeWalker> instances_;
  std::string study_uid_;
  std::string series_uid_;
  // Attributes of the current row of each level, computed ones included.
  codec::DataSet study_view_;  // the patient's at patient level
  codec::DataSet series_view_;
  codec::DataSet instance_view_;
  bool wants_patient_counts_ = false;
  size_t passed_over_ = 0;
  size_t returned_ = 0;
  codec::DataSet identifier_;
};

}  // namespace argent::archive
