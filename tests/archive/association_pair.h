// Two ends of an Association over loopback, negotiated by hand: the acceptor's end is given to a service, on
// a thread of its own.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ingest/dimse/association.h"
#include "ingest/dimse/service.h"
#include "ingest/dimse/socket.h"

namespace argent::archive {

// Connected TCP sockets; the second is the accepting side's.
inline std::pair<int, int> ConnectedSockets() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ARGENT_CHECK(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  ARGENT_CHECK(::listen(listener, 1) == 0);
  ARGENT_CHECK(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ARGENT_CHECK(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const int server = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  ARGENT_CHECK(server >= 0);
  ::close(listener);
  return {client, server};
}

class AssociationPair {
 public:
  // `requestor_contexts`: as the requestor has them; the acceptor's roles are the other way round.
  AssociationPair(const std::vector<ingest::PresentationContext>& requestor_contexts,
                  const std::string& extended = {}) {
    const auto [client, server] = ConnectedSockets();
    ingest::AssociationParameters parameters;
    parameters.calling_ae_title = "TESTER";
    parameters.called_ae_title = "ARGENT";
    parameters.contexts = requestor_contexts;
    parameters.peer_pdu_bytes_max = 16384;
    if (!extended.empty()) {
      for (const auto& context : requestor_contexts)
        parameters.extended_negotiation[context.abstract_syntax] = extended;
    }
    ingest::AssociationParameters accepted = parameters;
    for (ingest::PresentationContext& context : accepted.contexts) std::swap(context.as_scu, context.as_scp);
    parameters.is_requestor = true;
    requestor_ = std::make_unique<ingest::Association>(std::make_unique<ingest::Socket>(client), parameters);
    acceptor_ = std::make_unique<ingest::Association>(std::make_unique<ingest::Socket>(server), accepted);
  }
  ~AssociationPair() {
    requestor_.reset();
    if (thread_.joinable()) thread_.join();
  }

  // Lets the service carry out every command that comes, until the association ends.
  void Serve(ingest::DimseService* service) {
    thread_ = std::thread([this, service] {
      while (acceptor_->is_open()) {
        auto received = acceptor_->ReceiveCommand(std::chrono::seconds(30));
        if (!received.ok() || received->command.field() == ingest::CommandField::kCCancelRq) continue;
        const Status handled = service->Handle(*acceptor_, *received->context, received->command);
        EXPECT_TRUE(handled.ok() || !acceptor_->is_open()) << handled.ToString();
        if (!handled.ok()) acceptor_->Abort();
      }
    });
  }

  ingest::Association& requestor() { return *requestor_; }

 private:
  std::unique_ptr<ingest::Association> requestor_;
  std::unique_ptr<ingest::Association> acceptor_;
  std::thread thread_;
};

}  // namespace argent::archive
