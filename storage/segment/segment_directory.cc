#include "storage/segment/segment_directory.h"

#include <fmt/format.h>

#include <charconv>

namespace argent::storage {

std::string SegmentDirectory::PathOf(uint32_t segment) const {
  return fmt::format("{}/{:08x}.seg", path_, segment);
}

Result<std::vector<uint32_t>> SegmentDirectory::List() const {
  ARGENT_ASSIGN_OR_RETURN(std::vector<std::string> names, io_->List(path_));
  std::vector<uint32_t> ids;
  for (const std::string& name : names) {
    uint32_t id = 0;
    if (name.size() != 12 || !name.ends_with(".seg")) continue;
    auto [end, error] = std::from_chars(name.data(), name.data() + 8, id, 16);
    if (error == std::errc() && end == name.data() + 8) ids.push_back(id);
  }
  return ids;  // names are sorted and of equal width, so ids are ascending
}

Result<std::unique_ptr<IoFile>> SegmentDirectory::Create(uint32_t segment, uint64_t bytes,
                                                         SegmentHeader header) const {
  header.segment = segment;
  header.archive_id = archive_id_;
  std::string path = PathOf(segment);
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

Result<std::unique_ptr<IoFile>> SegmentDirectory::Open(uint32_t segment, OpenOptions options) const {
  ARGENT_ASSIGN_OR_RETURN(std::unique_ptr<IoFile> file, io_->Open(PathOf(segment), options));
  AlignedBuffer block(kBlockBytes);
  ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSync(io_, file.get(), 0, {block.data(), block.size()}));
  Result<SegmentHeader> header = DecodeSegmentHeader({block.data(), got});
  if (!header.ok()) return header.status().WithContext(PathOf(segment));
  if (header->segment != segment || header->archive_id != archive_id_) {
    return Status::Corruption(
        fmt::format("{}: belongs to another archive or is segment {:08x} under a wrong name", PathOf(segment),
                    header->segment));
  }
  return file;
}

}  // namespace argent::storage
