// Writes one vault segment from front to back. It exists only once Finish() has returned: a stop before
// leaves a file that the next start removes. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/segment/fact.h"
#include "storage/segment/segment_directory.h"

namespace argent::storage {

class VaultSegmentWriter {
 public:
  // `header` says what it stands for; the segment id is given here. `bytes_expected` are reserved; what is
  // not needed is given back. kNoSpace when the volume has not that much.
  static Result<std::unique_ptr<VaultSegmentWriter>> Create(SegmentDirectory* segments, SegmentHeader header,
                                                            uint64_t bytes_expected);
  ~VaultSegmentWriter();  // without Finish(): removes the file
  VaultSegmentWriter(const VaultSegmentWriter&) = delete;
  VaultSegmentWriter& operator=(const VaultSegmentWriter&) = delete;

  uint32_t segment() const { return header_.segment; }
  uint64_t bytes() const { return tail_; }
  // The record's place. A payload holds at most kPayloadBytesMax.
  Result<Extent> Append(RecordKind kind, ByteView payload);
  // Facts with ascending sequences, in one commit record or several.
  Status AppendFacts(const std::vector<Fact>& facts);
  // Seals, flushes and gives the segment its name.
  Status Finish(uint64_t last_sequence);

 private:
  VaultSegmentWriter(SegmentDirectory* segments, SegmentHeader header, std::unique_ptr<IoFile> file);
  Status AppendCommit(const std::string& payload);
  Status Flush();

  SegmentDirectory* const segments_;
  const SegmentHeader header_;
  std::unique_ptr<IoFile> file_;
  AlignedBuffer buffer_;
  size_t buffered_ = 0;
  uint64_t tail_ = kBlockBytes;  // behind what is buffered
  SealContents contents_;
  bool finished_ = false;
};

}  // namespace argent::storage
