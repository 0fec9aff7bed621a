// Against DCMTK, over the real files in the folder ARGENT_TEST_DATA names: whatever DCMTK can load, the
// scanner reads alike, and what the transcoder writes, DCMTK reads as the same elements. Skipped where the
// folder is not set.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "codec/catalog_attributes.h"
#include "codec/character_set.h"
#include "codec/part10.h"
#include "codec/scanner.h"
#include "tests/codec/scan_support.h"
#include "tests/codec/transcode_support.h"

namespace argent::codec {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> TestFiles() {
  std::vector<std::string> files;
  if (TestDataFolder().empty()) return files;
  for (const auto& entry : fs::recursive_directory_iterator(TestDataFolder())) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

DcmTagKey KeyOf(Tag tag) { return DcmTagKey(tag.group, tag.element); }

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

class Differential : public testing::Test {
 protected:
  void SetUp() override {
    if (TestFiles().empty()) GTEST_SKIP() << "ARGENT_TEST_DATA is not set";
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  }
};

// DCMTK's text value of a top-level element as UTF-8 by our converter; DCMTK cannot do the Japanese sets
// here.
void CompareAttributes(DcmDataset& dataset, const ScanResult& result, const std::string& file) {
  for (const CatalogAttribute& attribute : CatalogAttributes()) {
    if (attribute.vr == MakeVr("SQ") || attribute.tag == tags::kSpecificCharacterSet) continue;
    DcmElement* element = nullptr;
    const Element* ours = result.attributes.Find(attribute.tag);
    if (dataset.findAndGetElement(KeyOf(attribute.tag), element).bad() || element->ident() == EVR_UN ||
        element->getLength() > kCatalogValueBytesMax) {
      continue;
    }
    ASSERT_NE(ours, nullptr) << file << " " << DcmTag(KeyOf(attribute.tag)).getTagName();
    if (element->ident() == EVR_US) {
      Uint16 value = 0;
      if (element->getUint16(value, 0).good()) {
        EXPECT_EQ(result.attributes.Integer(attribute.tag), value) << file;
      }
      continue;
    }
    char* raw = nullptr;
    Uint32 bytes = 0;
    if (element->getString(raw, bytes).bad() || raw == nullptr) continue;
    const std::string charset(result.attributes.Text(tags::kSpecificCharacterSet));
    EXPECT_EQ(Trimmed(ours->value), Trimmed(TextToUtf8(charset, ours->vr, std::string_view(raw, bytes))))
        << file << " " << DcmTag(KeyOf(attribute.tag)).getTagName();
  }
}

void ComparePixelData(DcmDataset& dataset, const ScanResult& result, std::string_view data_set,
                      const std::string& file) {
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad() || result.pixel_data.tag != tags::kPixelData) {
    EXPECT_EQ(element != nullptr, result.pixel_data.tag == tags::kPixelData) << file;
    return;
  }
  DcmPixelSequence* fragments = nullptr;
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  static_cast<DcmPixelData*>(element)->getOriginalRepresentationKey(syntax, parameter);
  const bool encapsulated =
      static_cast<DcmPixelData*>(element)->getEncapsulatedRepresentation(syntax, parameter, fragments).good();
  EXPECT_EQ(result.pixel_data.encapsulated, encapsulated) << file;
  if (encapsulated) {
    EXPECT_EQ(result.pixel_data.fragment_count + 1, fragments->card()) << file;
    return;
  }
  EXPECT_EQ(result.pixel_data.value_length, element->getLength()) << file;
  Uint8* bytes = nullptr;
  if (result.pixel_data.vr != MakeVr("OB") || element->getUint8Array(bytes).bad() || data_set.empty()) return;
  EXPECT_EQ(data_set.substr(result.pixel_data.value_position, result.pixel_data.value_length),
            std::string_view(reinterpret_cast<char*>(bytes), result.pixel_data.value_length))
      << file;
}

TEST_F(Differential, ScannerAgreesWithDcmtkOnRealFiles) {
  int compared = 0;
  int refused_but_loaded = 0;
  for (const std::string& path : TestFiles()) {
    const std::string file = ReadFile(path);
    const Result<FileHead> head = ParseFileHead(AsBytes(std::string_view(file).substr(0, kFileHeadBytes)));
    DcmFileFormat loaded;
    const bool dcmtk_ok = loaded.loadFile(path.c_str()).good();
    if (!head.ok()) continue;
    const std::string_view data_set = std::string_view(file).substr(head->data_set_position);
    const TransferSyntax syntax = LookUpTransferSyntax(head->transfer_syntax_uid.text());
    const Result<ScanResult> result = ScanSyntax(data_set, syntax);
    if (!result.ok()) {
      const bool for_its_uids = result.status().message().find("UID") != std::string::npos;
      refused_but_loaded += dcmtk_ok && !for_its_uids ? 1 : 0;
      continue;
    }
    if (!dcmtk_ok) continue;
    ++compared;
    CompareAttributes(*loaded.getDataset(), *result, path);
    ComparePixelData(*loaded.getDataset(), *result, syntax.deflated ? std::string_view() : data_set, path);
  }
  EXPECT_GT(compared, 0);
  EXPECT_EQ(refused_but_loaded, 0);
}

TEST_F(Differential, AnySplitGivesTheSameResultOnRealFiles) {
  uint64_t seed = 0;
  for (const std::string& path : TestFiles()) {
    const std::string file = ReadFile(path);
    if (file.size() > 100'000) continue;
    const Result<FileHead> head = ParseFileHead(AsBytes(std::string_view(file).substr(0, kFileHeadBytes)));
    if (!head.ok() || LookUpTransferSyntax(head->transfer_syntax_uid.text()).deflated) continue;
    const Encoding encoding = LookUpTransferSyntax(head->transfer_syntax_uid.text()).encoding;
    const std::string_view data_set = std::string_view(file).substr(head->data_set_position);
    EXPECT_EQ(ToText(ScanSplit(data_set, encoding, ++seed)), ToText(Scan(data_set, encoding))) << path;
  }
}

// Truncation at every element of three files, one of each encoding: refused, or a Data Set of fewer whole
// elements.
TEST_F(Differential, TruncationOfRealFilesNeverYieldsAPartOfAnElement) {
  int files_done = 0;
  for (std::string_view uid : {kImplicitVrLittleEndian, kExplicitVrLittleEndian, kExplicitVrBigEndian}) {
    for (const std::string& path : TestFiles()) {
      const std::string file = ReadFile(path);
      const Result<FileHead> head = ParseFileHead(AsBytes(std::string_view(file).substr(0, kFileHeadBytes)));
      if (!head.ok() || head->transfer_syntax_uid.text() != uid || file.size() > 40'000) continue;
      const std::string_view data_set = std::string_view(file).substr(head->data_set_position);
      const Encoding encoding = LookUpTransferSyntax(uid).encoding;
      const Result<ScanResult> whole = Scan(data_set, encoding);
      if (!whole.ok() || whole->element_count < 50 || !whole->warnings.empty()) continue;
      uint64_t last_count = 0;
      for (size_t cut = 0; cut < data_set.size(); ++cut) {
        const Result<ScanResult> result = Scan(data_set.substr(0, cut), encoding);
        if (!result.ok()) continue;
        EXPECT_GT(result->element_count, last_count)
            << path << " cut at " << cut;  // each count once: whole elements only
        last_count = result->element_count;
      }
      ++files_done;
      break;
    }
  }
  EXPECT_EQ(files_done, 3);
}

void ExpectSameElements(DcmItem& ours, DcmItem& theirs, const std::string& where);

void ExpectSameElement(DcmElement& ours, DcmElement& theirs, const std::string& where) {
  const std::string here = where + "." + ours.getTag().toString().c_str();
  ASSERT_EQ(ours.getTag(), theirs.getTag()) << here;
  auto* our_sequence = dynamic_cast<DcmSequenceOfItems*>(&ours);
  auto* their_sequence = dynamic_cast<DcmSequenceOfItems*>(&theirs);
  if (our_sequence != nullptr && their_sequence != nullptr) {
    ASSERT_EQ(our_sequence->card(), their_sequence->card()) << here;
    for (unsigned long i = 0; i < our_sequence->card(); ++i) {
      ExpectSameElements(*our_sequence->getItem(i), *their_sequence->getItem(i), here);
    }
    return;
  }
  // DCMTK knows the VRs of some private elements, so that one side may be UN: then the bytes were compared as
  // such elsewhere.
  if (ours.ident() != theirs.ident() || our_sequence != nullptr || their_sequence != nullptr) return;
  EXPECT_EQ(ours.compare(theirs), 0) << here;
}

void ExpectSameElements(DcmItem& ours, DcmItem& theirs, const std::string& where) {
  ASSERT_EQ(ours.card(), theirs.card()) << where;
  for (unsigned long i = 0; i < ours.card(); ++i)
    ExpectSameElement(*ours.getElement(i), *theirs.getElement(i), where);
}

// Loads a Data Set through DCMTK in a given encoding, without the group lengths that the transcoder leaves
// out.
std::unique_ptr<DcmDataset> LoadByDcmtk(std::string_view bytes, std::string_view uid) {
  auto dataset = std::make_unique<DcmDataset>();
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  dataset->transferInit();
  const OFCondition read = dataset->read(stream, DcmXfer(std::string(uid).c_str()).getXfer(), EGL_withoutGL);
  dataset->transferEnd();
  dataset->computeGroupLengthAndPadding(EGL_withoutGL, EPD_withoutPadding, EXS_LittleEndianExplicit);
  if (read.bad()) return nullptr;
  dataset->loadAllDataIntoMemory();
  return dataset;
}

TEST_F(Differential, TranscodedFilesReadAlikeByDcmtk) {
  constexpr std::string_view kTargets[] = {kImplicitVrLittleEndian, kExplicitVrLittleEndian,
                                           kExplicitVrBigEndian};
  int compared = 0;
  for (const std::string& path : TestFiles()) {
    const std::string file = ReadFile(path);
    const Result<FileHead> head = ParseFileHead(AsBytes(std::string_view(file).substr(0, kFileHeadBytes)));
    if (!head.ok() || !LookUpTransferSyntax(head->transfer_syntax_uid.text()).known || file.size() > 200'000)
      continue;
    const std::string& from = head->transfer_syntax_uid.text();
    if (from != kTargets[0] && from != kTargets[1] && from != kTargets[2]) continue;
    const std::string_view data_set = std::string_view(file).substr(head->data_set_position);
    const Result<ScanResult> scanned = ScanSyntax(data_set, LookUpTransferSyntax(from));
    if (!scanned.ok() || !scanned->warnings.empty()) continue;
    const std::unique_ptr<DcmDataset> original = LoadByDcmtk(data_set, from);
    if (original == nullptr) continue;
    for (std::string_view to : kTargets) {
      const std::string converted = Transcode(data_set, from, to);
      const std::unique_ptr<DcmDataset> ours = LoadByDcmtk(converted, to);
      ASSERT_NE(ours, nullptr) << path << " to " << to;
      ExpectSameElements(*ours, *original, path + " to " + std::string(to));
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace argent::codec
