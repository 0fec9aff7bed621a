#include <fmt/format.h>

#include <algorithm>

#include "storage/base/log.h"
#include "storage/segment/segment_reader.h"

namespace argent::storage {

namespace {
// Behind a record that cannot be read, this far is searched for proof that more had been acknowledged. At
// most two groups of 16 MiB are in flight, so an unacknowledged tail is shorter.
constexpr uint64_t kProbeBytes = uint64_t{64} << 20;
constexpr uint64_t kProbeStepBytes = uint64_t{1} << 20;

struct SegmentRecovery {
  Io* io;
  const SegmentDirectory* segments;
  LogPosition from;
  const FactVisitor* visitor;
  RecoveryReport* report;
  // report->last_sequence is what the next fact must follow: not where commits were skipped unread.
  bool last_sequence_known = false;
};

// What a walk over an unsealed segment found.
struct Walk {
  uint64_t end = kBlockBytes;  // behind the last whole record
  uint64_t durable_through = kBlockBytes;
  std::vector<uint64_t> commits;
  bool sealed = false;
};

void AddDamage(RecoveryReport* report, std::string sentence) {
  ARGENT_LOG_ERROR("damage in the log: {}", sentence);
  report->damage.push_back(std::move(sentence));
}

// The next offset in [begin, begin + kProbeBytes) at which a record of this segment starts that was written
// after `begin` had been flushed; nullopt when there is none.
Result<std::optional<uint64_t>> FindProofBehind(Io* io, IoFile* file, uint32_t segment, uint64_t begin) {
  AlignedBuffer window(kProbeStepBytes);
  for (uint64_t at = begin; at < begin + kProbeBytes; at += kProbeStepBytes) {
    ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSync(io, file, at, {window.data(), window.size()}));
    for (size_t i = 0; i + kBlockBytes <= got; i += kBlockBytes) {
      auto header = DecodeRecordHeader({window.data() + i, kBlockBytes}, segment, at + i);
      if (header.ok() && header->durable_through > begin) return std::optional<uint64_t>(at + i);
    }
    if (got < window.size()) break;
  }
  return std::optional<uint64_t>();
}

Result<Walk> WalkSegment(const SegmentRecovery& context, IoFile* file, uint32_t segment) {
  Walk walk;
  uint64_t at = kBlockBytes;
  while (true) {
    auto header = ReadRecordHeader(context.io, file, segment, at);
    if (header.ok()) {
      walk.durable_through = std::max(walk.durable_through, header->durable_through);
      if (header->kind == RecordKind::kSeal) {
        walk.sealed = true;
        return walk;
      }
      if (header->kind == RecordKind::kCommit) {
        walk.commits.push_back(at);
      } else if (header->kind != RecordKind::kData) {
        ARGENT_LOG_WARNING(
            "segment {} offset {}: a record of kind {}, which this version does not know: skipped", segment,
            at, static_cast<unsigned>(header->kind));
      }
      at += header->RecordBytes();
      walk.end = at;
      continue;
    }
    if (header.status().code() != StatusCode::kCorruption) return header.status();
    ARGENT_ASSIGN_OR_RETURN(std::optional<uint64_t> proof, FindProofBehind(context.io, file, segment, at));
    if (!proof) return walk;
    AddDamage(context.report,
              fmt::format("segment {} offsets {} to {}: acknowledged records cannot be read ({})", segment,
                          at, *proof, header.status().message()));
    at = *proof;
  }
}

// Every data record between `begin` and the commit record must be whole: it was written together with it.
Status VerifyDataBefore(Io* io, IoFile* file, uint32_t segment, uint64_t begin, uint64_t commit) {
  for (uint64_t at = begin; at < commit;) {
    ARGENT_ASSIGN_OR_RETURN(RecordHeader header, ReadRecordHeader(io, file, segment, at));
    ARGENT_ASSIGN_OR_RETURN(std::string payload, ReadPayload(io, file, header));
    at += header.RecordBytes();
  }
  return Status::Ok();
}

Result<std::vector<Fact>> ReadCommit(Io* io, IoFile* file, uint32_t segment, uint64_t offset,
                                     uint64_t* end = nullptr) {
  ARGENT_ASSIGN_OR_RETURN(RecordHeader header, ReadRecordHeader(io, file, segment, offset));
  if (header.kind != RecordKind::kCommit)
    return Status::Corruption(fmt::format("segment {} offset {}: not a commit record", segment, offset));
  ARGENT_ASSIGN_OR_RETURN(std::string payload, ReadPayload(io, file, header));
  if (end != nullptr) *end = offset + header.RecordBytes();
  return DecodeCommitPayload(AsBytes(payload));
}

Status VisitCommit(SegmentRecovery& context, IoFile* file, uint32_t segment, uint64_t offset) {
  LogPosition end{segment, 0};
  ARGENT_ASSIGN_OR_RETURN(std::vector<Fact> facts,
                          ReadCommit(context.io, file, segment, offset, &end.offset));
  if (facts.empty()) return Status::Ok();
  RecoveryReport* report = context.report;
  if (context.last_sequence_known && facts.front().sequence != report->last_sequence + 1) {
    AddDamage(report, fmt::format("segment {} offset {}: facts {} to {} are missing from the log", segment,
                                  offset, report->last_sequence + 1, facts.front().sequence - 1));
  }
  report->last_sequence = facts.back().sequence;
  context.last_sequence_known = true;
  if (end <= context.from) return Status::Ok();
  report->facts += facts.size();
  return (*context.visitor)(facts, end);
}

// kCorruption of one commit is reported and the others are visited; other errors end the recovery.
Status VisitCommits(SegmentRecovery& context, IoFile* file, uint32_t segment,
                    const std::vector<uint64_t>& commits) {
  for (uint64_t offset : commits) {
    if (LogPosition{segment, offset} < context.from && offset != commits.back()) {
      context.last_sequence_known = false;
      continue;
    }
    Status status = VisitCommit(context, file, segment, offset);
    if (status.code() == StatusCode::kCorruption) {
      AddDamage(context.report, status.message());
    } else if (!status.ok()) {
      return status;
    }
  }
  return Status::Ok();
}

// Drops commits whose data had not all landed. They lie behind everything that was proven durable, so nobody
// was told.
Status DropTornTail(const SegmentRecovery& context, IoFile* file, uint32_t segment, Walk* walk) {
  uint64_t checked_through = walk->durable_through;
  for (size_t i = 0; i < walk->commits.size(); ++i) {
    uint64_t commit = walk->commits[i];
    if (commit < walk->durable_through) continue;
    Status whole = VerifyDataBefore(context.io, file, segment, checked_through, commit);
    if (whole.ok()) {
      auto header = ReadRecordHeader(context.io, file, segment, commit);
      whole = header.ok() ? ReadPayload(context.io, file, *header).status() : header.status();
      if (whole.ok()) checked_through = commit + header->RecordBytes();
    }
    if (whole.ok()) continue;
    if (whole.code() != StatusCode::kCorruption) return whole;
    ARGENT_LOG_INFO("segment {}: a group that was in flight at the stop is dropped: {}", segment,
                    whole.message());
    walk->commits.resize(i);
    walk->end = checked_through;
    return Status::Ok();
  }
  return Status::Ok();
}

Status RecoverOpenSegment(SegmentRecovery& context, uint32_t segment) {
  ARGENT_ASSIGN_OR_RETURN(auto file,
                          context.segments->Open(segment, {.mode = OpenMode::kReadWrite, .direct = true}));
  ARGENT_ASSIGN_OR_RETURN(Walk walk, WalkSegment(context, file.get(), segment));
  if (!walk.sealed) {
    ARGENT_RETURN_IF_ERROR(DropTornTail(context, file.get(), segment, &walk));
    // What was read may still lie in the device's cache only; the catalog must not get ahead of the log.
    ARGENT_RETURN_IF_ERROR(SyncSync(context.io, file.get()));
  }
  ARGENT_RETURN_IF_ERROR(VisitCommits(context, file.get(), segment, walk.commits));
  if (walk.sealed) return Status::Ok();
  SealContents contents{context.report->last_sequence, walk.commits};
  ARGENT_LOG_INFO("segment {} was open at the last stop: {} commit records, sealed at {} bytes", segment,
                  walk.commits.size(), walk.end);
  return WriteSeal(context.io, file.get(), segment, walk.end, contents);
}

Result<SealContents> ReadSeal(Io* io, IoFile* file, uint32_t segment) {
  ARGENT_ASSIGN_OR_RETURN(uint64_t size, io->FileSize(file));
  if (size < 2 * kBlockBytes || size % kBlockBytes != 0) return Status::NotFound("no seal");
  AlignedBuffer block(kBlockBytes);
  ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSync(io, file, size - kBlockBytes, {block.data(), block.size()}));
  if (got < kBlockBytes) return Status::NotFound("no seal");
  ARGENT_ASSIGN_OR_RETURN(uint64_t offset, DecodeSealTrailer({block.data() + kBlockBytes - kSealTrailerBytes,
                                                              kSealTrailerBytes}));
  ARGENT_ASSIGN_OR_RETURN(RecordHeader header, ReadRecordHeader(io, file, segment, offset));
  ARGENT_ASSIGN_OR_RETURN(std::string payload, ReadPayload(io, file, header));
  return DecodeSealPayload(AsBytes(payload));
}

// A stop while a segment was being created leaves a file without header and without any record. (That a
// segment full of facts became one shows in the sequence numbers.)
bool HoldsNothing(const SegmentDirectory& segments, uint32_t segment) {
  Io* io = segments.io();
  auto file = io->Open(segments.PathOf(segment), {.mode = OpenMode::kRead, .direct = true});
  if (!file.ok()) return false;
  AlignedBuffer block(kBlockBytes);
  auto got = ReadSync(io, file->get(), 0, {block.data(), block.size()});
  if (!got.ok() || DecodeSegmentHeader({block.data(), *got}).ok()) return false;
  auto proof = FindProofBehind(io, file->get(), segment, 0);
  return proof.ok() && !*proof;
}

Status RecoverSegment(SegmentRecovery& context, uint32_t segment) {
  auto file = context.segments->Open(segment, {.mode = OpenMode::kRead, .direct = true});
  if (!file.ok()) return file.status();
  Result<SealContents> seal = ReadSeal(context.io, file->get(), segment);
  if (!seal.ok()) {
    if (seal.status().code() == StatusCode::kCorruption) AddDamage(context.report, seal.status().message());
    file->reset();
    return RecoverOpenSegment(context, segment);
  }
  if (segment < context.from.segment) {
    context.report->last_sequence = seal->last_sequence;
    context.last_sequence_known = true;
    return Status::Ok();
  }
  ARGENT_RETURN_IF_ERROR(VisitCommits(context, file->get(), segment, seal->commit_offsets));
  // Numbers of facts that cannot be read any more are not given to new ones.
  context.report->last_sequence = std::max(context.report->last_sequence, seal->last_sequence);
  context.last_sequence_known = true;
  return Status::Ok();
}
// What stands for the log: its segments, and the vault segments that stand for some of them.
struct Unit {
  uint32_t first = 0;  // id of the log segment, or of the first one covered
  std::optional<VaultSegment> vault;
};

// In the order of their facts. A log segment that a vault segment covers is left out.
Result<std::vector<Unit>> UnitsOf(const SegmentDirectory& segments) {
  ARGENT_ASSIGN_OR_RETURN(std::vector<uint32_t> vault_ids, segments.List(SegmentRole::kVault));
  std::vector<VaultSegment> vaults;
  for (uint32_t id : vault_ids) {
    ARGENT_ASSIGN_OR_RETURN(VaultSegment vault, DescribeVault(segments, id));
    vaults.push_back(std::move(vault));
  }
  ARGENT_ASSIGN_OR_RETURN(std::vector<uint32_t> log_ids, segments.List());
  std::vector<Unit> units;
  for (uint32_t id : log_ids) {
    bool covered = std::any_of(vaults.begin(), vaults.end(), [id](const VaultSegment& vault) {
      return vault.header.covers_first <= id && id <= vault.header.covers_last;
    });
    if (!covered) units.push_back({id, std::nullopt});
  }
  for (VaultSegment& vault : vaults) {
    uint32_t first = vault.header.covers_first;
    units.push_back({first, std::move(vault)});
  }
  std::sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) { return a.first < b.first; });
  return units;
}

Status RecoverVault(SegmentRecovery& context, const VaultSegment& vault) {
  const uint32_t id = vault.header.segment;
  RecoveryReport* report = context.report;
  if (context.last_sequence_known && report->last_sequence != vault.header.last_sequence_before) {
    AddDamage(report, fmt::format("vault segment {}: facts {} to {} before it are missing", id,
                                  report->last_sequence + 1, vault.header.last_sequence_before));
  }
  LogPosition end{vault.header.covers_last, ~uint64_t{0}};
  Status status =
      VisitSealedSegment(*context.segments, id, SegmentRole::kVault, [&](const std::vector<Fact>& facts) {
        report->facts += facts.size();
        return (*context.visitor)(facts, end);
      });
  report->last_sequence = vault.last_sequence;
  context.last_sequence_known = true;
  return status;
}
}  // namespace

bool IsSealed(const SegmentDirectory& segments, uint32_t segment) {
  auto file = segments.Open(segment, {.mode = OpenMode::kRead, .direct = true});
  return file.ok() && ReadSeal(segments.io(), file->get(), segment).ok();
}

Result<VaultSegment> DescribeVault(const SegmentDirectory& segments, uint32_t segment) {
  VaultSegment vault;
  ARGENT_ASSIGN_OR_RETURN(auto file, segments.Open(segment, SegmentRole::kVault,
                                                   {.mode = OpenMode::kRead, .direct = true}, &vault.header));
  ARGENT_ASSIGN_OR_RETURN(SealContents seal, ReadSeal(segments.io(), file.get(), segment));
  vault.last_sequence = seal.last_sequence;
  ARGENT_ASSIGN_OR_RETURN(vault.file_bytes, segments.io()->FileSize(file.get()));
  return vault;
}

Status VisitSealedSegment(const SegmentDirectory& segments, uint32_t segment, SegmentRole role,
                          const std::function<Status(const std::vector<Fact>& facts)>& visitor) {
  ARGENT_ASSIGN_OR_RETURN(auto file,
                          segments.Open(segment, role, {.mode = OpenMode::kRead, .direct = true}, nullptr));
  ARGENT_ASSIGN_OR_RETURN(SealContents seal, ReadSeal(segments.io(), file.get(), segment));
  for (uint64_t offset : seal.commit_offsets) {
    ARGENT_ASSIGN_OR_RETURN(std::vector<Fact> facts, ReadCommit(segments.io(), file.get(), segment, offset));
    ARGENT_RETURN_IF_ERROR(visitor(facts));
  }
  return Status::Ok();
}

Status VisitRecords(const SegmentDirectory& segments, uint32_t segment, SegmentRole role,
                    const std::function<Status(const RecordHeader& header)>& visitor) {
  ARGENT_ASSIGN_OR_RETURN(auto file,
                          segments.Open(segment, role, {.mode = OpenMode::kRead, .direct = true}, nullptr));
  for (uint64_t at = kBlockBytes;;) {
    ARGENT_ASSIGN_OR_RETURN(RecordHeader header, ReadRecordHeader(segments.io(), file.get(), segment, at));
    if (header.kind == RecordKind::kSeal) return Status::Ok();
    ARGENT_RETURN_IF_ERROR(visitor(header));
    at += header.RecordBytes();
  }
}

Result<RecoveryReport> RecoverLog(const SegmentDirectory& segments, LogPosition from,
                                  const FactVisitor& visitor) {
  RecoveryReport report;
  SegmentRecovery context{segments.io(), &segments, from, &visitor, &report, from == LogPosition{}};
  ARGENT_ASSIGN_OR_RETURN(std::vector<uint32_t> ids, segments.List());
  if (from.segment > (ids.empty() ? 0 : ids.back())) {
    AddDamage(
        &report,
        fmt::format(
            "the catalog has seen segment {}, but the newest segment file is {}: segment files are missing",
            from.segment, ids.empty() ? 0 : ids.back()));
  }
  std::vector<Unit> units;
  if (from == LogPosition{}) {
    ARGENT_ASSIGN_OR_RETURN(units, UnitsOf(segments));
  } else {
    for (uint32_t id : ids) units.push_back({id, std::nullopt});
  }
  for (const Unit& unit : units) {
    if (unit.vault) {
      Status status = RecoverVault(context, *unit.vault);
      if (status.code() == StatusCode::kCorruption) {
        AddDamage(&report, status.message());
      } else if (!status.ok()) {
        return status;
      }
      continue;
    }
    uint32_t segment = unit.first;
    // Sealed segments that the catalog has seen need no look, whatever the size of the archive; the newest of
    // them gives the sequence.
    if (segment + 1 < from.segment) continue;
    Status status = RecoverSegment(context, segment);
    if (status.code() == StatusCode::kCorruption) {
      if (HoldsNothing(segments, segment)) {
        ARGENT_LOG_INFO("segment {} was being created at a stop and holds nothing", segment);
      } else {
        AddDamage(&report, status.message());
      }
    } else if (!status.ok()) {
      return status;
    }
  }
  return report;
}

}  // namespace argent::storage
