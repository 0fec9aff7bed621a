// Reading segments: commit records in order (recovery, rebuild), and Data Set bytes (retrieval). Every byte
// is checked before it is handed on.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/base/mutex.h"
#include "storage/segment/extent.h"
#include "storage/segment/fact.h"
#include "storage/segment/format.h"
#include "storage/segment/log.h"
#include "storage/segment/segment_directory.h"

namespace argent::storage {

// Reads and verifies one record's payload.
Result<RecordHeader> ReadRecordHeader(Io* io, IoFile* file, uint32_t segment, uint64_t offset);
Result<std::string> ReadPayload(Io* io, IoFile* file, const RecordHeader& header);

// Writes the seal record at `tail`, ends the file behind it and flushes.
Status WriteSeal(Io* io, IoFile* file, uint32_t segment, uint64_t tail, const SealContents& contents);

struct RecoveryReport {
  uint64_t last_sequence = 0;  // of the last fact in the log
  uint64_t facts = 0;          // handed to the visitor
  std::vector<std::string>
      damage;  // acknowledged bytes that do not read back, a sentence each; empty is good
};

// A finished vault segment as its header describes it.
struct VaultSegment {
  SegmentHeader header;
  uint64_t last_sequence = 0;
  uint64_t file_bytes = 0;
};

using FactVisitor = std::function<Status(const std::vector<Fact>& facts, LogPosition end)>;

// Brings the log into order after any kind of stop and hands the facts behind `from` to `visitor`, a commit
// record at a time, in sequence order. A segment that was open is sealed: groups that were in flight and are
// not whole are dropped (nobody was told that they were kept). Damage in acknowledged bytes is reported,
// never dropped silently. {0, 0}: everything, a full rebuild.
Result<RecoveryReport> RecoverLog(const SegmentDirectory& segments, LogPosition from,
                                  const FactVisitor& visitor);

// The facts of one sealed segment, a commit record at a time. kCorruption names the offset.
Status VisitSealedSegment(const SegmentDirectory& segments, uint32_t segment, SegmentRole role,
                          const std::function<Status(const std::vector<Fact>& facts)>& visitor);
// A log segment to which nothing will be added.
bool IsSealed(const SegmentDirectory& segments, uint32_t segment);
Result<VaultSegment> DescribeVault(const SegmentDirectory& segments, uint32_t segment);
// The header of each record of a sealed segment up to its seal, in order of place.
Status VisitRecords(const SegmentDirectory& segments, uint32_t segment, SegmentRole role,
                    const std::function<Status(const RecordHeader& header)>& visitor);

// Data Set bytes by extent. Segments are read as they are written, with O_DIRECT: what is served is what the
// disk holds.
class SegmentDataReader final : public DataReader {
 public:
  explicit SegmentDataReader(const SegmentDirectory* segments) : segments_(segments) {}
  Status Read(std::span<const Extent> extents, uint64_t position, uint64_t length, const Sink& sink) override;
  // Bytes [position, position + length) of one record's payload, which is of this kind: kData in a log
  // segment, the others in a vault segment. kNotFound: the segment is not there.
  Status ReadRecord(const Extent& record, RecordKind kind, uint64_t position, uint64_t length,
                    const Sink& sink);
  // A record's payload of which only the place is known.
  Result<std::string> ReadWholeRecord(uint32_t segment, uint64_t offset, RecordKind kind);
  // The segment was removed: its open file is let go, so that the space comes back.
  void Forget(uint32_t segment);

 private:
  Result<std::shared_ptr<IoFile>> FileOf(uint32_t segment, SegmentRole role);

  const SegmentDirectory* segments_;
  Mutex mutex_;
  // Shared by the readers under way; an entry leaves when the table is full.
  std::map<uint32_t, std::shared_ptr<IoFile>> files_ ARGENT_GUARDED_BY(mutex_);
};

}  // namespace argent::storage
