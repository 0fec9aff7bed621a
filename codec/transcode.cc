#include "codec/transcode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/data_set_reader.h"
#include "codec/dictionary.h"
#include "codec/element_encoder.h"
#include "codec/inflater.h"
#include "codec/value_swap.h"

namespace argent::codec {
namespace {

constexpr size_t kFlushBytes = size_t{64} * 1024;
constexpr Tag kPixelRepresentation{0x0028, 0x0103};

// Writes what a DataSetReader sees in another encoding. Sequences and items get undefined lengths, since the
// lengths change and are not known before their end; group lengths, which would be wrong, are left out
// (PS3.5 7.2).
class Reencoder : public DataSetVisitor {
 public:
  Reencoder(Encoding to, ByteSink sink) : to_(to), sink_(std::move(sink)), encoder_(to, &out_) {
    out_.reserve(kFlushBytes + 256);
    pixel_representation_.push_back(0);
  }

  Status OnElement(const ElementHeader& header, bool* wants_value) override {
    if (header.tag == tags::kItem) {
      return Status::InvalidArgument(
          fmt::format("cannot be converted: an item without its sequence at byte {}", header.position));
    }
    if (header.tag.element == 0) return Status::Ok();
    const Vr vr = OutputVr(header);
    padding_ = (header.length & 1) != 0;
    const Vr written = encoder_.ElementHeader(header.tag, vr, header.length + (padding_ ? 1 : 0));
    const bool from_big = header.encoding == Encoding::kExplicitBig;
    // UN is little endian in any encoding (PS3.5 6.2.2), also when it stands for a value too long for its VR.
    const bool to_big = to_ == Encoding::kExplicitBig && written == vr;
    word_bytes_ = from_big != to_big ? WordBytes(vr) : 1;
    word_position_ = 0;
    value_position_ = 0;
    value_vr_ = vr;
    sees_pixel_representation_ = header.tag == kPixelRepresentation;
    *wants_value = true;
    return Status::Ok();
  }

  Status OnValue(ByteView part) override {
    if (sees_pixel_representation_) NotePixelRepresentation(part);
    if (word_bytes_ == 1) return PutBytes(part);
    while (!part.empty()) {
      const bool whole_words = word_position_ == 0 && part.size() >= word_bytes_;
      ARGENT_RETURN_IF_ERROR(whole_words ? PutWords(&part) : GatherWord(&part));
    }
    return Status::Ok();
  }

  Status OnElementEnd() override {
    out_.append(reinterpret_cast<const char*>(word_.data()),
                word_position_);  // a value of odd size ends in half a word
    word_position_ = 0;
    if (padding_) out_.push_back(PaddingOf(value_vr_));
    return FlushWhenFull();
  }

  Status OnSequence(const ElementHeader& header) override {
    encoder_.ElementHeader(header.tag, MakeVr("SQ"), kUndefinedLength);
    return Status::Ok();
  }
  Status OnItem(const ElementHeader&) override {
    encoder_.ItemHeader(tags::kItem, kUndefinedLength);
    pixel_representation_.push_back(pixel_representation_.back());
    return FlushWhenFull();
  }
  Status OnItemEnd() override {
    encoder_.ItemHeader(tags::kItemDelimitation, 0);
    pixel_representation_.pop_back();
    return Status::Ok();
  }
  Status OnSequenceEnd() override {
    encoder_.ItemHeader(tags::kSequenceDelimitation, 0);
    return FlushWhenFull();
  }
  Status OnFragments(const ElementHeader& header) override {
    return Status::InvalidArgument(
        fmt::format("cannot be converted: encapsulated {} at byte {} under an uncompressed Transfer Syntax",
                    TagText(header.tag), header.position));
  }
  Status OnFragment(const ElementHeader&, bool*) override { return Status::Ok(); }
  Status OnFragmentsEnd(uint64_t) override { return Status::Ok(); }
  void OnWarning(std::string) override {}

  Status Flush() {
    if (out_.empty()) return Status::Ok();
    Status status = sink_(AsBytes(out_));
    out_.clear();
    return status;
  }

 private:
  // Implicit VR leaves the choice of US or SS to Pixel Representation (PS3.3 C.7.6.3.1), in the same item or
  // around it.
  Vr OutputVr(const ElementHeader& header) const {
    const bool is_signed = pixel_representation_.back() == 1;
    if (header.encoding == Encoding::kImplicitLittle && is_signed && IsUsOrSs(header.tag))
      return MakeVr("SS");
    return header.vr;
  }

  // 0 or 1 in 16 bits of either byte order: one of the bytes is the value, the other is 0.
  void NotePixelRepresentation(ByteView part) {
    uint16_t& value = pixel_representation_.back();
    if (value_position_ == 0) value = 0;
    for (uint8_t byte : part) value = static_cast<uint16_t>(value | byte);
    value_position_ += part.size();
  }

  Status FlushWhenFull() { return out_.size() < kFlushBytes ? Status::Ok() : Flush(); }

  Status PutBytes(ByteView part) {
    if (out_.size() + part.size() < kFlushBytes) {
      out_.append(AsText(part));
      return Status::Ok();
    }
    ARGENT_RETURN_IF_ERROR(Flush());
    return sink_(part);
  }

  Status PutWords(ByteView* part) {
    const size_t room = kFlushBytes - std::min(kFlushBytes - 8, out_.size());
    const size_t taken = std::min(part->size(), room) / word_bytes_ * word_bytes_;
    const size_t start = out_.size();
    out_.append(AsText(part->first(taken)));
    SwapWords({reinterpret_cast<uint8_t*>(out_.data()) + start, taken}, word_bytes_);
    *part = part->subspan(taken);
    return FlushWhenFull();
  }

  // A word cut by the end of the input.
  Status GatherWord(ByteView* part) {
    word_[word_position_++] = part->front();
    *part = part->subspan(1);
    if (word_position_ < word_bytes_) return Status::Ok();
    SwapWords({word_.data(), word_bytes_}, word_bytes_);
    out_.append(reinterpret_cast<const char*>(word_.data()), word_bytes_);
    word_position_ = 0;
    return Status::Ok();
  }

  const Encoding to_;
  const ByteSink sink_;
  std::string out_;
  ElementEncoder encoder_;
  std::vector<uint16_t> pixel_representation_;  // of the Data Set, then of each open item
  Vr value_vr_;
  size_t word_bytes_ = 1;  // 1: the value keeps its byte order
  std::array<uint8_t, 8> word_{};
  size_t word_position_ = 0;
  size_t value_position_ = 0;
  bool padding_ = false;
  bool sees_pixel_representation_ = false;
};

bool IsUncompressed(std::string_view uid) {
  return uid == kImplicitVrLittleEndian || uid == kExplicitVrLittleEndian || uid == kExplicitVrBigEndian ||
         uid == kDeflatedExplicitVrLittleEndian;
}

// [Inflater] → [DataSetReader → Reencoder] → [Deflater] → sink, each only where it is needed: between
// Explicit VR Little Endian and Deflated the Data Set itself stays as it is, byte for byte.
class Pipeline : public Transcoder {
 public:
  Pipeline(const TransferSyntax& from, const TransferSyntax& to, Sink sink) {
    ByteSink next = std::move(sink);
    if (to.deflated && !from.deflated) {
      deflater_ = std::make_unique<Deflater>(std::move(next));
      next = [this](ByteView bytes) { return deflater_->Feed(bytes); };
    }
    if (from.encoding != to.encoding) {
      reencoder_ = std::make_unique<Reencoder>(to.encoding, std::move(next));
      reader_ = std::make_unique<DataSetReader>(from.encoding, ReadLimits{}, reencoder_.get());
      next = [this](ByteView bytes) { return reader_->Feed(bytes); };
    }
    if (from.deflated && !to.deflated) {
      inflater_ = std::make_unique<Inflater>(InflateLimits{}, std::move(next));
      next = [this](ByteView bytes) { return inflater_->Feed(bytes); };
    }
    first_ = std::move(next);
  }

  Status Feed(ByteView bytes) override {
    if (failure_.ok()) failure_ = first_(bytes);
    return failure_;
  }

  Status Finish() override {
    if (failure_.ok()) failure_ = FinishStages();
    return failure_;
  }

 private:
  Status FinishStages() {
    if (inflater_ != nullptr) ARGENT_RETURN_IF_ERROR(inflater_->Finish());
    if (reader_ != nullptr) {
      ARGENT_RETURN_IF_ERROR(reader_->Finish());
      ARGENT_RETURN_IF_ERROR(reencoder_->Flush());
    }
    return deflater_ == nullptr ? Status::Ok() : deflater_->Finish();
  }

  std::unique_ptr<Inflater> inflater_;
  std::unique_ptr<Reencoder> reencoder_;
  std::unique_ptr<DataSetReader> reader_;
  std::unique_ptr<Deflater> deflater_;
  ByteSink first_;
  Status failure_;
};

}  // namespace

bool CanTranscode(std::string_view from_uid, std::string_view to_uid) {
  return IsUncompressed(from_uid) && IsUncompressed(to_uid);
}

Result<std::unique_ptr<Transcoder>> Transcoder::Create(std::string_view from_uid, std::string_view to_uid,
                                                       Sink sink) {
  if (!CanTranscode(from_uid, to_uid)) {
    return Status::Unsupported(fmt::format("no conversion from Transfer Syntax {} to {}", from_uid, to_uid));
  }
  return std::unique_ptr<Transcoder>(std::make_unique<Pipeline>(
      LookUpTransferSyntax(from_uid), LookUpTransferSyntax(to_uid), std::move(sink)));
}

}  // namespace argent::codec
