#include "archive/cli/get.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "archive/retrieve/retrieve_plan.h"
#include "codec/part10.h"
#include "codec/transcode.h"

namespace argent::archive {
namespace {

constexpr std::string_view kAsReceived = "as-received";

// A file that is there only once it is whole: written under another name, renamed by Commit(), removed
// otherwise.
class WholeFile {
 public:
  explicit WholeFile(std::string path) : path_(std::move(path)), part_path_(path_ + ".part") {}
  ~WholeFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(part_path_.c_str());
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  Status Open() {
    descriptor_ = ::open(part_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return descriptor_ < 0 ? Status::FromErrno(errno, "create " + part_path_) : Status::Ok();
  }

  Status Append(ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Status::FromErrno(errno, "write " + part_path_);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return Status::Ok();
  }

  Status Commit() {
    const int descriptor = std::exchange(descriptor_, -1);
    const bool closed = ::close(descriptor) == 0;
    if (closed && ::rename(part_path_.c_str(), path_.c_str()) == 0) return Status::Ok();
    const Status status = Status::FromErrno(errno, "finish " + path_);
    ::unlink(part_path_.c_str());
    return status;
  }

 private:
  std::string path_;
  std::string part_path_;
  int descriptor_ = -1;
};

// XXH3-128 in the canonical form of ingest::Digest.
class DigestCheck {
 public:
  DigestCheck() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
  void Add(ByteView bytes) { XXH3_128bits_update(state_.get(), bytes.data(), bytes.size()); }
  Status Compare(const ingest::Digest& expected) const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
    if (std::equal(expected.begin(), expected.end(), canonical.digest)) return Status::Ok();
    return Status::Corruption("the Data Set read back has another digest than the one received");
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

Status CheckStoredUids(const RetrieveInstance& instance) {
  for (const std::string* uid :
       {&instance.stored.study_uid, &instance.stored.series_uid, &instance.sop_instance_uid}) {
    if (!codec::IsAcceptableUid(*uid)) return Status::Corruption("catalog: not a UID: " + *uid);
  }
  return Status::Ok();
}

std::string FileHeadOf(const RetrieveInstance& instance, const std::string& transfer_syntax_uid) {
  return codec::MakeFileHead({.sop_class_uid = codec::SopClassUid(instance.stored.sop_class_uid),
                              .sop_instance_uid = codec::SopInstanceUid(instance.sop_instance_uid),
                              .transfer_syntax_uid = codec::TransferSyntaxUid(transfer_syntax_uid),
                              .source_ae_title = {}});
}

// The Data Set into `file`, converted when `transfer_syntax_uid` is not the stored one; its digest checked as
// received.
Status CopyDataSet(storage::DataReader& reader, const ingest::StoredVariant& stored,
                   const std::string& transfer_syntax_uid, WholeFile* file) {
  DigestCheck digest;
  std::unique_ptr<codec::Transcoder> transcoder;
  if (transfer_syntax_uid != stored.transfer_syntax_uid) {
    ARGENT_ASSIGN_OR_RETURN(
        transcoder, codec::Transcoder::Create(stored.transfer_syntax_uid, transfer_syntax_uid,
                                              [file](ByteView bytes) { return file->Append(bytes); }));
  }
  const auto sink = [&](ByteView bytes) {
    digest.Add(bytes);
    return transcoder != nullptr ? transcoder->Feed(bytes) : file->Append(bytes);
  };
  ARGENT_RETURN_IF_ERROR(reader.Read(stored.extents, 0, stored.data_set_bytes, sink));
  if (transcoder != nullptr) ARGENT_RETURN_IF_ERROR(transcoder->Finish());
  return digest.Compare(stored.digest);
}

Status WriteInstance(storage::DataReader& reader, const RetrieveInstance& instance,
                     const GetOptions& options) {
  ARGENT_RETURN_IF_ERROR(CheckStoredUids(instance));
  const std::filesystem::path directory =
      std::filesystem::path(options.out_directory) / instance.stored.study_uid / instance.stored.series_uid;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return Status::FromErrno(error.value(), "create folder " + directory.string());
  const std::string& stored_syntax = instance.stored.variant.transfer_syntax_uid;
  const std::string& syntax =
      options.transfer_syntax_uid == kAsReceived ? stored_syntax : options.transfer_syntax_uid;
  WholeFile file((directory / (instance.sop_instance_uid + ".dcm")).string());
  ARGENT_RETURN_IF_ERROR(file.Open());
  ARGENT_RETURN_IF_ERROR(file.Append(AsBytes(FileHeadOf(instance, syntax))));
  ARGENT_RETURN_IF_ERROR(CopyDataSet(reader, instance.stored.variant, syntax, &file));
  return file.Commit();
}

Result<RetrieveKeys> KeysOf(const GetOptions& options) {
  if (!codec::IsAcceptableUid(options.uid)) return Status::InvalidArgument("not a UID: " + options.uid);
  if (options.transfer_syntax_uid != kAsReceived && !codec::IsAcceptableUid(options.transfer_syntax_uid)) {
    return Status::InvalidArgument("not a Transfer Syntax UID: " + options.transfer_syntax_uid);
  }
  RetrieveKeys keys;
  keys.level = options.level;
  codec::Tag tag = codec::tags::kSopInstanceUid;
  if (options.level == Level::kStudy) tag = codec::tags::kStudyInstanceUid;
  if (options.level == Level::kSeries) tag = codec::tags::kSeriesInstanceUid;
  keys.unique_keys.SetText(tag, codec::MakeVr("UI"), options.uid);
  return keys;
}

}  // namespace

Result<GetReport> GetInstances(
    storage::Catalog& catalog, storage::DataReader& reader, const GetOptions& options,
    const std::function<void(const std::string& uid, const Status& reason)>& on_failure) {
  ARGENT_ASSIGN_OR_RETURN(const RetrieveKeys keys, KeysOf(options));
  ARGENT_ASSIGN_OR_RETURN(const std::vector<RetrieveInstance> instances, ResolveInstances(catalog, keys));
  if (instances.empty()) return Status::NotFound("nothing in the archive has UID " + options.uid);
  std::error_code error;
  std::filesystem::create_directories(options.out_directory, error);
  if (error) return Status::FromErrno(error.value(), "create folder " + options.out_directory);
  GetReport report;
  for (const RetrieveInstance& instance : instances) {
    if (const Status status = WriteInstance(reader, instance, options); !status.ok()) {
      ++report.failed;
      on_failure(instance.sop_instance_uid, status);
      continue;
    }
    ++report.written;
    report.data_set_bytes += instance.stored.variant.data_set_bytes;
  }
  return report;
}

}  // namespace argent::archive
