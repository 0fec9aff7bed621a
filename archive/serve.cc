#include "archive/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "archive/cli/commands.h"
#include "archive/query/find_service.h"
#include "archive/retrieve/get_service.h"
#include "archive/retrieve/move_service.h"
#include "archive/web/door.h"
#include "ingest/dimse/server.h"
#include "ingest/dimse/store_service.h"
#include "storage/base/log.h"

namespace argent::archive {

namespace {
constexpr std::chrono::seconds kDrain{20};

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

Result<ingest::DimseServerOptions> ServerOptionsOf(const Settings& settings) {
  ingest::DimseServerOptions options;
  options.bind = settings.Get("bind").value_or("127.0.0.1");
  if (!IsLoopback(options.bind) && settings.Get("insecure").value_or("false") != "true") {
    return Status::InvalidArgument("bind " + options.bind +
                                   ": beyond loopback anybody could send and read without being asked who "
                                   "they are; there is no TLS yet. --set insecure=true serves all the same");
  }
  ARGENT_ASSIGN_OR_RETURN(uint64_t port, settings.GetInteger("dimse-port", 11112, 0, 65535));
  ARGENT_ASSIGN_OR_RETURN(uint64_t associations, settings.GetInteger("associations-max", 512, 1, 4096));
  options.port = static_cast<uint16_t>(port);
  options.associations_max = associations;
  options.policy.ae_title = settings.Get("aet").value_or("ARGENT");
  if (!ingest::IsAeTitle(options.policy.ae_title)) {
    return Status::InvalidArgument("aet is \"" + options.policy.ae_title +
                                   "\"; an AE title has 1 to 16 ASCII characters, no backslash, and no space "
                                   "at either end");
  }
  options.policy.called_ae_titles = settings.GetList("accept-called-aet");
  options.policy.calling_ae_titles = settings.GetList("accept-calling-aet");
  return options;
}

Result<PeerTable> PeersOf(const Settings& settings) {
  PeerTable peers;
  for (const std::string& text : settings.GetList("peer")) {
    ARGENT_ASSIGN_OR_RETURN(Peer peer, ParsePeer(text));
    peers.Add(std::move(peer));
  }
  return peers;
}

// nullopt: no HTTP door.
Result<std::optional<ingest::HttpServerOptions>> HttpOptionsOf(const Settings& settings) {
  if (settings.Get("http-port") == "off") return std::optional<ingest::HttpServerOptions>();
  ingest::HttpServerOptions options;
  options.bind = settings.Get("bind").value_or("127.0.0.1");
  ARGENT_ASSIGN_OR_RETURN(uint64_t port, settings.GetInteger("http-port", 8080, 0, 65535));
  options.port = static_cast<uint16_t>(port);
  return std::optional(options);
}

// Each connection is a descriptor: as many as the system lets us have, not the few of a login shell.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string HostPort(const std::string& host, uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}
}  // namespace

int RunServe(const Settings& settings) {
  Result<ArchiveOptions> archive_options = ArchiveOptionsOf(settings);
  if (!archive_options.ok()) return Fail(archive_options.status());
  Result<ingest::DimseServerOptions> server_options = ServerOptionsOf(settings);
  if (!server_options.ok()) return Fail(server_options.status());
  auto http_options = HttpOptionsOf(settings);
  if (!http_options.ok()) return Fail(http_options.status());
  Result<PeerTable> peers = PeersOf(settings);
  if (!peers.ok()) return Fail(peers.status());
  archive_options->create = true;
  archive_options->accept = true;
  archive_options->compact = settings.Get("compact").value_or("true") == "true";
  Result<std::unique_ptr<Archive>> archive = Archive::Open(*archive_options);
  if (!archive.ok()) return Fail(archive.status());

  RaiseDescriptorLimit();
  ingest::EchoService echo;
  ingest::StoreService store(&(*archive)->uploader());
  const std::string& ae_title = server_options->policy.ae_title;
  storage::Catalog* catalog = &(*archive)->catalog();
  storage::DataReader* reader = &(*archive)->reader();
  auto find = NewFindService(catalog, {ae_title});
  auto move = NewMoveService(catalog, reader, &*peers, {ae_title});
  auto get = NewGetService(catalog, reader);
  ingest::DimseServer server(*server_options, {&echo, find.get(), move.get(), get.get(), &store});
  Status started = server.Start();
  if (!started.ok()) return Fail(started);
  std::unique_ptr<WebDoor> web;
  if (http_options->has_value()) web = std::make_unique<WebDoor>(**http_options, archive->get(), &server);
  if (web != nullptr) started = web->Start();
  if (!started.ok()) return Fail(started);
  InstallStopHandler();
  fmt::print("argent ready dimse={} http={} data={}\n", HostPort(server_options->bind, server.port()),
             web == nullptr ? "off" : HostPort(server_options->bind, web->port()), archive_options->data);
  std::fflush(stdout);
  while (!StopRequested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ARGENT_LOG_INFO("stopping: commands under way are finished first");
  if (web != nullptr) web->Stop(kDrain);
  server.Stop(kDrain);
  return kExitOk;
}

}  // namespace argent::archive
