#include "codec/part10.h"

#include <fmt/format.h>

#include <optional>

#include "codec/recognise.h"
#include "codec/transfer_syntax.h"

namespace argent::codec {
namespace {

constexpr size_t kPreambleBytes = 128;
constexpr std::string_view kPrefix = "DICM";
constexpr uint16_t kMetaGroup = 0x0002;
constexpr std::string_view kMediaStorageDirectory = "1.2.840.10008.1.3.10";

constexpr Tag kGroupLength{0x0002, 0x0000};
constexpr Tag kVersion{0x0002, 0x0001};
constexpr Tag kMediaStorageSopClassUid{0x0002, 0x0002};
constexpr Tag kMediaStorageSopInstanceUid{0x0002, 0x0003};
constexpr Tag kTransferSyntaxUid{0x0002, 0x0010};
constexpr Tag kImplementationClass{0x0002, 0x0012};
constexpr Tag kImplementationVersion{0x0002, 0x0013};
constexpr Tag kSourceAeTitle{0x0002, 0x0016};

bool HasPrefixAt(ByteView front, size_t position) {
  return front.size() >= position + kPrefix.size() &&
         AsText(front.subspan(position, kPrefix.size())) == kPrefix;
}

bool InMetaGroup(ByteView front, size_t position) {
  return front.size() >= position + 8 && LoadLe16(front.data() + position) == kMetaGroup;
}

// Bytes of the header and value of the group 0002 element at p, of which at least 8 bytes are there.
uint64_t MetaElementBytes(const uint8_t* p, size_t available, Encoding encoding) {
  if (encoding == Encoding::kImplicitLittle) return 8 + uint64_t{LoadLe32(p + 4)};
  const Vr vr{static_cast<char>(p[4]), static_cast<char>(p[5])};
  if (!HasLongLength(vr)) return 8 + uint64_t{LoadLe16(p + 6)};
  return available < 12 ? 12 : 12 + uint64_t{LoadLe32(p + 8)};
}

// Reads group 0002 at *position and moves behind it. The tags decide where it ends: real files carry wrong
// group lengths.
Result<DataSet> TakeFileMeta(ByteView front, size_t* position) {
  const size_t start = *position;
  if (!InMetaGroup(front, start)) return DataSet();
  const Vr first_vr{static_cast<char>(front[start + 4]), static_cast<char>(front[start + 5])};
  // PS3.10 wants Explicit VR here; files by early implementations have Implicit VR.
  const Encoding encoding = IsKnownVr(first_vr) ? Encoding::kExplicitLittle : Encoding::kImplicitLittle;
  while (InMetaGroup(front, *position)) {
    const size_t left = front.size() - *position;
    const uint64_t element_bytes = MetaElementBytes(front.data() + *position, left, encoding);
    if (element_bytes > left) {
      return Status::InvalidArgument(
          fmt::format("the File Meta Information is damaged: the element at byte {} goes past the end of it "
                      "or past 64 KiB",
                      *position));
    }
    *position += element_bytes;
  }
  Result<DataSet> meta = DataSet::Parse(front.subspan(start, *position - start), encoding);
  if (!meta.ok()) return meta.status().WithContext("the File Meta Information is damaged");
  return meta;
}

std::string_view UidOf(Encoding encoding) {
  switch (encoding) {
    case Encoding::kImplicitLittle:
      return kImplicitVrLittleEndian;
    case Encoding::kExplicitBig:
      return kExplicitVrBigEndian;
    case Encoding::kExplicitLittle:
      break;
  }
  return kExplicitVrLittleEndian;
}

// The Transfer Syntax that the meta header names, unless the bytes plainly say otherwise: a wrong or missing
// (0002,0010) must not lose an Instance that can be read. Empty when there is neither a name nor a
// recognisable Data Set.
std::string_view DecideTransferSyntax(std::string_view named_uid, ByteView data_set, bool complete) {
  const std::optional<Encoding> seen = RecogniseEncoding(data_set, complete);
  if (named_uid.empty()) return seen ? UidOf(*seen) : std::string_view();
  const TransferSyntax named = LookUpTransferSyntax(named_uid);
  if (!seen || named.encapsulated || (!named.deflated && named.encoding == *seen)) return named_uid;
  return named.uid == kDeflatedExplicitVrLittleEndian || !named.deflated ? UidOf(*seen) : named_uid;
}

Status NotDicom(ByteView front, bool has_prefix) {
  if (front.empty()) return Status::InvalidArgument("the file is empty");
  return Status::InvalidArgument(
      has_prefix ? "no Transfer Syntax UID in the File Meta Information and no recognisable Data Set after it"
                 : "not DICOM: neither the prefix DICM at byte 128 nor a recognisable Data Set at the start");
}

Status IsMediaDirectory() {
  return Status::Unsupported("a DICOMDIR (Media Storage Directory): it lists Instances and is none itself");
}

}  // namespace

Result<FileHead> ParseFileHead(ByteView front) {
  const bool complete = front.size() < kFileHeadBytes;
  size_t position = 0;
  bool has_prefix = true;
  if (HasPrefixAt(front, kPreambleBytes)) {
    position = kPreambleBytes + kPrefix.size();
  } else if (HasPrefixAt(front, 0)) {
    position = kPrefix.size();
  } else {
    has_prefix = false;
  }
  FileHead head;
  ARGENT_ASSIGN_OR_RETURN(head.file_meta, TakeFileMeta(front, &position));
  head.data_set_position = position;
  if (head.file_meta.Text(kMediaStorageSopClassUid) == kMediaStorageDirectory) return IsMediaDirectory();
  const ByteView data_set = front.subspan(position);
  const std::string_view uid =
      DecideTransferSyntax(head.file_meta.Text(kTransferSyntaxUid), data_set, complete);
  if (uid.empty()) return NotDicom(front, has_prefix);
  constexpr size_t kElementBytesMin = 8;
  if (data_set.size() < kElementBytesMin) {
    return Status::InvalidArgument("the file ends in or right after its File Meta Information");
  }
  const uint16_t first_group =
      uid == kExplicitVrBigEndian ? LoadBe16(data_set.data()) : LoadLe16(data_set.data());
  if (first_group == 0x0004 && !LookUpTransferSyntax(uid).deflated) return IsMediaDirectory();
  head.transfer_syntax_uid = TransferSyntaxUid(std::string(uid));
  return head;
}

std::string MakeFileHead(const FileMetaInput& input) {
  DataSet meta;
  meta.Set({kVersion, MakeVr("OB"), std::string("\0\1", 2), {}});
  meta.SetText(kMediaStorageSopClassUid, MakeVr("UI"), input.sop_class_uid.text());
  meta.SetText(kMediaStorageSopInstanceUid, MakeVr("UI"), input.sop_instance_uid.text());
  meta.SetText(kTransferSyntaxUid, MakeVr("UI"), input.transfer_syntax_uid.text());
  meta.SetText(kImplementationClass, MakeVr("UI"), kImplementationClassUid);
  meta.SetText(kImplementationVersion, MakeVr("SH"), kImplementationVersionName);
  if (!input.source_ae_title.empty()) meta.SetText(kSourceAeTitle, MakeVr("AE"), input.source_ae_title);
  std::string elements;
  meta.Serialize(Encoding::kExplicitLittle, &elements);

  DataSet group_length;
  group_length.SetUnsigned32(kGroupLength, static_cast<uint32_t>(elements.size()));
  std::string head(kPreambleBytes, '\0');
  head += kPrefix;
  group_length.Serialize(Encoding::kExplicitLittle, &head);
  return head + elements;
}

}  // namespace argent::codec
