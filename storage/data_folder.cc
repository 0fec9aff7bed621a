#include "storage/data_folder.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

namespace argent::storage {

namespace {
constexpr std::string_view kFormatWord = "argent ";
constexpr size_t kFormatBytesMax = 256;

std::string HexOf(const ArchiveId& id) {
  std::string text;
  for (uint8_t byte : id) text += fmt::format("{:02x}", byte);
  return text;
}

bool ParseHex(std::string_view text, ArchiveId* id) {
  if (text.size() != 2 * id->size()) return false;
  for (size_t i = 0; i < id->size(); ++i) {
    const char* begin = text.data() + 2 * i;
    auto [end, error] = std::from_chars(begin, begin + 2, (*id)[i], 16);
    if (error != std::errc() || end != begin + 2) return false;
  }
  return true;
}

ArchiveId NewArchiveId() {
  std::random_device device;
  ArchiveId id;
  for (uint8_t& byte : id) byte = static_cast<uint8_t>(device());
  return id;
}
}  // namespace

Status DataFolder::WriteFormat(Io* io) {
  archive_id_ = NewArchiveId();
  std::string text = fmt::format("{}{}\narchive {}\n", kFormatWord, kFormatVersion, HexOf(archive_id_));
  std::string temporary = path_ + "/FORMAT.new";
  ARGENT_ASSIGN_OR_RETURN(bool left_over, io->Exists(temporary));
  if (left_over) ARGENT_RETURN_IF_ERROR(io->Remove(temporary));
  ARGENT_ASSIGN_OR_RETURN(auto file, io->Open(temporary, {.mode = OpenMode::kCreate}));
  ARGENT_RETURN_IF_ERROR(WriteSync(io, file.get(), 0, AsBytes(text)));
  ARGENT_RETURN_IF_ERROR(SyncSync(io, file.get()));
  ARGENT_RETURN_IF_ERROR(io->Rename(temporary, path_ + "/FORMAT"));
  return io->SyncDirectory(path_);
}

Status DataFolder::ReadFormat(Io* io) {
  ARGENT_ASSIGN_OR_RETURN(auto file, io->Open(path_ + "/FORMAT", {.mode = OpenMode::kRead}));
  std::string text(kFormatBytesMax, '\0');
  ARGENT_ASSIGN_OR_RETURN(
      size_t got, ReadSync(io, file.get(), 0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  std::string_view rest = std::string_view(text).substr(0, got);
  uint32_t version = 0;
  size_t line_end = rest.find('\n');
  if (!rest.starts_with(kFormatWord) || line_end == std::string_view::npos) {
    return Status::Corruption(path_ + "/FORMAT is not an archive's: its first line should be \"argent 1\"");
  }
  std::from_chars(rest.data() + kFormatWord.size(), rest.data() + line_end, version);
  if (version != kFormatVersion) {
    return Status::Unsupported(fmt::format(
        "{} has format version {}; this program knows version {}: use the newer argent that wrote it", path_,
        version, kFormatVersion));
  }
  rest.remove_prefix(line_end + 1);
  constexpr std::string_view kArchiveWord = "archive ";
  if (!rest.starts_with(kArchiveWord) || !ParseHex(rest.substr(kArchiveWord.size(), 32), &archive_id_)) {
    return Status::Corruption(
        path_ +
        "/FORMAT: the archive id in its second line is damaged; it stands in every segment's header too");
  }
  return Status::Ok();
}

// FORMAT is written before anything else, so where there are segments it was lost. A new one would give them
// the id of another archive, and none of them could be read.
Status DataFolder::CheckUnused(Io* io) const {
  ARGENT_ASSIGN_OR_RETURN(bool exists, io->Exists(segments_path()));
  if (!exists) return Status::Ok();
  ARGENT_ASSIGN_OR_RETURN(std::vector<std::string> names, io->List(segments_path()));
  if (names.empty()) return Status::Ok();
  return Status::Corruption(
      fmt::format("{}/FORMAT is missing, but there are {} files in {}: bring it back from the backup; its "
                  "archive id stands in every segment's header too",
                  path_, names.size(), segments_path()));
}

Result<std::unique_ptr<DataFolder>> DataFolder::Open(Io* io, const std::string& path, bool create) {
  std::unique_ptr<DataFolder> folder(new DataFolder());
  folder->path_ = path;
  ARGENT_ASSIGN_OR_RETURN(bool exists, io->Exists(path + "/FORMAT"));
  if (!exists && !create)
    return Status::NotFound("there is no archive at " + path + " (no FORMAT file in it)");
  if (!exists) ARGENT_RETURN_IF_ERROR(folder->CheckUnused(io));
  if (!exists) ARGENT_RETURN_IF_ERROR(io->MakeDirectory(path).WithContext("the data folder cannot be made"));
  std::string lock_path = path + "/LOCK";
  ARGENT_ASSIGN_OR_RETURN(bool lock_exists, io->Exists(lock_path));
  auto lock = io->Open(lock_path, {.mode = lock_exists ? OpenMode::kReadWrite : OpenMode::kCreate});
  if (!lock.ok()) return lock.status().WithContext("the data folder is not writable");
  folder->lock_ = std::move(lock).value();
  Status locked = io->Lock(folder->lock_.get());
  if (!locked.ok()) {
    return Status::Overloaded(path + " is open in another argent process; stop it, or talk to it (" +
                              locked.message() + ")");
  }
  if (!exists) ARGENT_RETURN_IF_ERROR(folder->WriteFormat(io));
  ARGENT_RETURN_IF_ERROR(folder->ReadFormat(io));
  ARGENT_RETURN_IF_ERROR(io->MakeDirectory(folder->segments_path()));
  ARGENT_RETURN_IF_ERROR(io->SyncDirectory(path));
  return folder;
}

}  // namespace argent::storage
