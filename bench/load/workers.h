// The two workloads: sending Instances (C-STORE) and asking for studies (C-FIND, Study Root).
//
// One thread and one Association each; a request follows the response to the one before it (closed loop), or
// its place in a timetable when a rate is set (open loop: latency then counts from when the request was due,
// so that a slow server cannot hide by being asked less).
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

#include "bench/load/data_set_template.h"
#include "bench/load/report.h"
#include "bench/load/wire.h"

namespace argent::bench {

// What both workloads share.
struct LoadOptions {
  Peer peer;
  int associations = 4;
  uint64_t count = 0;          // requests in all; 0: until `seconds` have passed
  double seconds = 0;          // 0: until `count` is reached
  double rate_per_second = 0;  // of all Associations together; 0: closed loop
  uint64_t seed = 1;
};

struct StoreOptions {
  LoadOptions load;
  TemplateKind kind = TemplateKind::kCt;
  bool unique_pixels = true;
  bool population = false;        // every Instance is a study of its own, out of population.h
  uint64_t population_first = 0;  // its number
  uint32_t instances_per_series = 100;
  uint32_t series_per_study = 2;
  std::string acknowledgement_log;  // a file, or empty
};

enum class FindKey { kPatientId, kAccessionNumber, kNamePrefix, kStudyDate, kStudyUid };

struct FindOptions {
  LoadOptions load;
  FindKey key = FindKey::kPatientId;
  uint64_t population = 100000;  // studies to ask for are drawn from these
};

// A UID of 43 characters that `seed`, `kind` and the two numbers decide.
std::string MakeUid(uint64_t seed, uint32_t kind, uint64_t first, uint64_t second);
// The Study Instance UID of study `index` of the population.
std::string PopulationStudyUid(uint64_t index);

// kInvalidArgument: the acknowledgement log cannot be opened. Failures of the peer are counted in the report,
// not returned.
//
// The acknowledgement log has a line for each Instance: "A UID XXH3-64 BYTES" once it is acknowledged; "S UID
// XXH3-64 BYTES" when it was sent, or begun, and the answer never came (it may be kept or not; if it is,
// these are its bytes). The digest is of the Data Set.
Result<RunReport> RunStore(const StoreOptions& options);
Result<RunReport> RunFind(const FindOptions& options);

}  // namespace argent::bench
