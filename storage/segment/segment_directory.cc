#include "storage/segment/segment_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace argent::storage {

namespace {
constexpr std::string_view kUnfinished = ".part";

std::string_view SuffixOf(SegmentRole role) { return role == SegmentRole::kLog ? ".seg" : ".vault"; }

bool ParseName(std::string_view name, std::string_view suffix, uint32_t* id) {
  if (name.size() != 8 + suffix.size() || !name.ends_with(suffix)) return false;
  auto [end, error] = std::from_chars(name.data(), name.data() + 8, *id, 16);
  return error == std::errc() && end == name.data() + 8;
}
}  // namespace

std::string SegmentDirectory::PathOf(uint32_t segment, SegmentRole role) const {
  return fmt::format("{}/{:08x}{}", path_, segment, SuffixOf(role));
}

Result<std::vector<uint32_t>> SegmentDirectory::List(SegmentRole role) const {
  ARGENT_ASSIGN_OR_RETURN(std::vector<std::string> names, io_->List(path_));
  std::vector<uint32_t> ids;
  for (const std::string& name : names) {
    uint32_t id = 0;
    if (ParseName(name, SuffixOf(role), &id)) ids.push_back(id);
  }
  return ids;  // names are sorted and of equal width, so ids are ascending
}

Result<uint32_t> SegmentDirectory::NextId() {
  ARGENT_ASSIGN_OR_RETURN(std::vector<uint32_t> logs, List(SegmentRole::kLog));
  ARGENT_ASSIGN_OR_RETURN(std::vector<uint32_t> vaults, List(SegmentRole::kVault));
  MutexLock lock(&mutex_);
  for (const std::vector<uint32_t>* ids : {&logs, &vaults}) {
    if (!ids->empty()) last_id_ = std::max(last_id_, ids->back());
  }
  return ++last_id_;
}

Result<std::unique_ptr<IoFile>> SegmentDirectory::Create(uint32_t segment, uint64_t bytes,
                                                         SegmentHeader header) const {
  header.segment = segment;
  header.archive_id = archive_id_;
  std::string path = PathOf(segment, header.role);
  if (header.role == SegmentRole::kVault) path += kUnfinished;
  ARGENT_ASSIGN_OR_RETURN(std::unique_ptr<IoFile> file,
                          io_->Open(path, {.mode = OpenMode::kCreate, .direct = true}));
  AlignedBuffer block(kBlockBytes);
  EncodeSegmentHeader(header, {block.data(), block.size()});
  Status status = io_->Preallocate(file.get(), bytes);
  if (status.ok()) status = WriteSync(io_, file.get(), 0, {block.data(), block.size()});
  if (status.ok()) status = SyncSync(io_, file.get());
  if (status.ok()) status = io_->SyncDirectory(path_);
  if (!status.ok()) {
    file.reset();
    io_->Remove(path).IgnoreError("an empty segment; recovery removes it too");
    return status.WithContext("creating segment " + path);
  }
  return file;
}

Status SegmentDirectory::PublishVault(uint32_t segment) const {
  const std::string path = PathOf(segment, SegmentRole::kVault);
  ARGENT_RETURN_IF_ERROR(io_->Rename(path + std::string(kUnfinished), path));
  return io_->SyncDirectory(path_);
}

Status SegmentDirectory::RemoveUnfinishedVaults() const {
  ARGENT_ASSIGN_OR_RETURN(std::vector<std::string> names, io_->List(path_));
  for (const std::string& name : names) {
    if (name.ends_with(fmt::format("{}{}", SuffixOf(SegmentRole::kVault), kUnfinished)))
      ARGENT_RETURN_IF_ERROR(io_->Remove(path_ + "/" + name));
  }
  return Status::Ok();
}

Result<std::unique_ptr<IoFile>> SegmentDirectory::Open(uint32_t segment, SegmentRole role,
                                                       OpenOptions options, SegmentHeader* out) const {
  const std::string path = PathOf(segment, role);
  ARGENT_ASSIGN_OR_RETURN(std::unique_ptr<IoFile> file, io_->Open(path, options));
  AlignedBuffer block(kBlockBytes);
  ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSync(io_, file.get(), 0, {block.data(), block.size()}));
  Result<SegmentHeader> header = DecodeSegmentHeader({block.data(), got});
  if (!header.ok()) return header.status().WithContext(path);
  if (header->segment != segment || header->archive_id != archive_id_ || header->role != role) {
    return Status::Corruption(fmt::format(
        "{}: belongs to another archive or is segment {:08x} under a wrong name", path, header->segment));
  }
  if (out != nullptr) *out = *header;
  return file;
}

Status SegmentDirectory::Remove(uint32_t segment, SegmentRole role) const {
  ARGENT_RETURN_IF_ERROR(io_->Remove(PathOf(segment, role)));
  return io_->SyncDirectory(path_);
}

}  // namespace argent::storage
