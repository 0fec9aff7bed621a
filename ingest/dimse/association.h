// A DICOM Association (PS3.8) and the DIMSE messages on it (PS3.7), the same for the requestor and the
// acceptor.
//
// Promises: every wait has a bound; nothing is buffered but the 4 KiB read ahead and the Command Set; the
// payload of a Data Set goes from the socket straight into the receiver's buffers and from the sender's
// pieces straight into the socket. A peer that breaks the protocol gets the A-ABORT that PS3.8 section 9.2
// asks for, and is_open() turns false; after that every call fails with kAborted and nothing more can be
// sent.
//
// One operation at a time is negotiated (asynchronous operations window 1,1). Used by one thread at a time;
// Interrupt() may be called from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/dimse/command.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

// A Presentation Context that was accepted.
struct PresentationContext {
  uint8_t id = 0;  // odd
  std::string abstract_syntax;
  std::string transfer_syntax;
  bool as_scu = false;  // this side may send requests on it
  bool as_scp = false;  // this side may receive requests on it
};

// User Identity Negotiation (PS3.7 D.3.3.7), as asked. Never checked here and never to be logged: the
// secondary field of type 2 is a passcode, and is not kept.
struct UserIdentity {
  uint8_t type = 0;  // 0: none. 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML, 5 JSON Web Token
  std::string primary;
};

struct AssociationParameters {
  bool is_requestor = false;  // this side
  std::string calling_ae_title;
  std::string called_ae_title;
  std::string peer_host;  // numeric address
  uint16_t peer_port = 0;
  std::vector<PresentationContext> contexts;  // accepted ones, ascending by id
  uint32_t peer_pdu_bytes_max = 0;            // of the peer's Maximum Length item; 0: no limit
  std::string peer_implementation_class_uid;
  std::string peer_implementation_version;
  // SOP Class Extended Negotiation (PS3.7 D.3.3.5): SOP Class UID to the bytes of the acceptor's answer.
  std::map<std::string, std::string, std::less<>> extended_negotiation;
  UserIdentity user_identity;

  std::string peer() const;  // "127.0.0.1:4711", "[::1]:4711"
};

struct ReceivedCommand {
  const PresentationContext* context = nullptr;  // lives as long as the Association
  Command command;
};

// Takes a Data Set as it arrives. ingest::Upload has the same two calls.
class DataSetSink {
 public:
  virtual ~DataSetSink() = default;
  // Space for the next bytes, at least 1.
  virtual Result<MutableByteView> Reserve() = 0;
  // `bytes` of the last Reserve() are filled.
  virtual Status Advance(size_t bytes) = 0;
};

// Gives a Data Set piece by piece.
class DataSetSource {
 public:
  virtual ~DataSetSource() = default;
  // The next piece; empty at the end. Good until the next call.
  virtual Result<ByteView> Next() = 0;
};

// A-ABORT (PS3.8 section 9.3.8).
enum class AbortSource : uint8_t { kServiceUser = 0, kServiceProvider = 2 };
enum class AbortReason : uint8_t {  // meaningful from the provider only
  kNotSpecified = 0,
  kUnrecognizedPdu = 1,
  kUnexpectedPdu = 2,
  kUnrecognizedPduParameter = 4,
  kUnexpectedPduParameter = 5,
  kInvalidPduParameterValue = 6,
};

struct ProposedContext {
  std::string abstract_syntax;
  std::vector<std::string> transfer_syntaxes;  // in order of preference; at least one
  // Role Selection (PS3.7 D.3.3.4) is sent when this is not the default, SCU alone.
  bool as_scu = true;
  bool as_scp = false;
};

struct ConnectRequest {
  std::string host;  // a name, an IPv4 or an IPv6 address
  uint16_t port = 0;
  std::string calling_ae_title;
  std::string called_ae_title;
  std::vector<ProposedContext> contexts;  // 1 to 128; they get the ids 1, 3, 5 …
  std::map<std::string, std::string, std::less<>> extended_negotiation = {};  // SOP Class UID to bytes
  uint32_t pdu_bytes_max = 128 * 1024;                                        // that we receive
  std::chrono::milliseconds connect_timeout{10'000};    // TCP, for each address of the host
  std::chrono::milliseconds associate_timeout{30'000};  // A-ASSOCIATE-AC
  std::chrono::milliseconds read_timeout{60'000};       // silence inside a message
  std::chrono::milliseconds write_timeout{60'000};      // the peer takes nothing
};

class PdvReader;
class Socket;

class Association {
 public:
  enum class State {
    kOpen,
    kReleased,  // in order, by either side
    kAborted,   // by either side, or the transport broke
  };

  // Connects and negotiates. kInvalidArgument: the request cannot be sent. kNotFound: no such host. kIoError:
  // not reachable. kOverloaded: rejected for now (transient). kUnsupported: rejected for good; the message
  // has the reason, as PS3.8 9.3.4 says it.
  static Result<std::unique_ptr<Association>> Connect(const ConnectRequest& request);
  // The acceptor's, after negotiation (server.cc). `parameters.contexts` tells the roles.
  Association(std::unique_ptr<Socket> socket, AssociationParameters parameters);
  // Aborts when still open.
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  const AssociationParameters& parameters() const { return parameters_; }
  const PresentationContext* FindContext(uint8_t id) const;
  // An accepted context on which this side may send requests for the SOP Class; with `transfer_syntax` empty,
  // in any.
  const PresentationContext* FindContextAsScu(std::string_view abstract_syntax,
                                              std::string_view transfer_syntax = {}) const;
  // The acceptor's answer to SOP Class Extended Negotiation; empty when there is none.
  std::string_view ExtendedNegotiation(std::string_view abstract_syntax) const;

  State state() const { return state_; }
  bool is_open() const { return state_ == State::kOpen; }

  // Waits for the next command at most `timeout`; once its first byte is there, the read timeout holds. What
  // is left of a Data Set before is discarded. kOverloaded: nothing came, the association is open. kAborted:
  // it is over: released by the peer (answered; state() is kReleased), aborted, or broken.
  Result<ReceivedCommand> ReceiveCommand(std::chrono::milliseconds timeout);
  // Whether a C-CANCEL-RQ for this request has come, without waiting. Cancels of other requests are dropped;
  // any other command stays for ReceiveCommand(). kAborted as there.
  Result<bool> PollCancel(uint16_t message_id);

  // The Data Set of the command last received (its has_data_set() is true). Each call takes the whole of it.
  // Not ok when the association is over, or, with is_open(), kOverloaded: the Data Set was larger than
  // `bytes_max` and is discarded.
  Result<std::string> ReceiveDataSet(size_t bytes_max);
  // Streams it into `sink`. When the sink refuses, the rest is discarded and *sink_status tells why; the
  // returned Status is about the association only.
  Status ReceiveDataSet(DataSetSink& sink, Status* sink_status);
  Status DiscardDataSet();

  // Each sends a whole message; a command without and with a Data Set. kAborted: the association is over.
  Status Send(const PresentationContext& context, const Command& command);
  Status Send(const PresentationContext& context, const Command& command, ByteView data_set);
  // When the source fails, the message cannot be completed: the association is aborted and the source's error
  // returned.
  Status Send(const PresentationContext& context, const Command& command, DataSetSource& source);

  // 1, 2, … 65535, 1 …
  uint16_t NextMessageId();

  // A-RELEASE (PS3.8 7.2): asks, waits at most `timeout` for the answer, closes. Data that still comes is
  // discarded.
  Status Release(std::chrono::milliseconds timeout = std::chrono::seconds(10));
  // A-ABORT and close. Does nothing when not open.
  void Abort(AbortReason reason = AbortReason::kNotSpecified, AbortSource source = AbortSource::kServiceUser);

  // From any thread: ends a wait for bytes of the peer; the call that waits aborts the association and fails
  // with kAborted. With `hard` a wait for a peer that takes no bytes ends as well.
  void Interrupt(bool hard);
  bool is_interrupted() const;

  // For the server: whether bytes of the peer are there to act on; the descriptor to wait on; the socket back
  // when it is over.
  bool has_buffered_input() const;
  Result<bool> WaitForInput(std::chrono::milliseconds timeout);
  int socket_descriptor() const;
  std::unique_ptr<Socket> TakeSocket();

 private:
  // The next fragment of a message; everything else ends the association.
  Status NextFragment();
  Status ReadFragment(std::string* out);
  Result<ReceivedCommand> ReadCommand();
  Result<std::string> ReadCommandBytes(const PresentationContext** context);
  // To the next bytes of the pending Data Set; false at its end.
  Result<bool> NextDataSetBytes();
  Status SendWhole(const PresentationContext& context, const Command& command, const ByteView* data_set);
  Result<bool> AwaitReleaseResponse(std::chrono::milliseconds timeout);
  Status SendControl(const std::string& pdu);
  void End(State state, std::string because);
  Status AbortAsUser(std::string because);
  Status Violation(AbortReason reason, std::string_view what);
  Status Broken(const Status& status);
  Status OverStatus() const;
  size_t FragmentBytesMax() const;

  const AssociationParameters parameters_;

  std::unique_ptr<Socket> socket_;
  std::unique_ptr<PdvReader> reader_;
  State state_ = State::kOpen;
  std::string over_because_;
  uint8_t message_context_id_ = 0;                  // of the message being received
  bool data_set_pending_ = false;                   // the last command's Data Set was not taken to its end
  std::optional<ReceivedCommand> pending_command_;  // read by PollCancel()
  uint16_t last_message_id_ = 0;
  bool release_collided_ = false;
};

}  // namespace argent::ingest
