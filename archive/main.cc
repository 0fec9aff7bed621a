// `argent`: one executable, a subcommand for each job. `argent --help` lists them.
#include <CLI/CLI.hpp>

#include "archive/cli/commands.h"
#include "archive/serve.h"
#include "storage/base/log.h"

namespace argent::archive {
namespace {

// What every command takes.
struct CommonOptions {
  std::string config;
  std::vector<std::string> set;
  // Long option names to values given on the command line.
  std::map<std::string, std::vector<std::string>> given;
};

void AddSetting(CLI::App* command, CommonOptions* common, const std::string& key, const std::string& help) {
  command
      ->add_option_function<std::vector<std::string>>(
          "--" + key, [common, key](const std::vector<std::string>& values) { common->given[key] = values; },
          help + " [config key: " + key + "]")
      ->take_all();
}

void AddCommon(CLI::App* command, CommonOptions* common) {
  AddSetting(command, common, "data", "Folder of the archive");
  command->add_option("--config", common->config,
                      "Configuration file (TOML); its keys are named in brackets");
  command->add_option("--set", common->set, "key=value, over the configuration file; may be repeated")
      ->take_all();
  AddSetting(command, common, "log-format", "text or json, on stderr");
  AddSetting(command, common, "log-level", "debug, info, warning or error");
}

Status Load(const CommonOptions& common, Settings* settings) {
  if (!common.config.empty()) ARGENT_RETURN_IF_ERROR(settings->LoadFile(common.config));
  for (const std::string& assignment : common.set) ARGENT_RETURN_IF_ERROR(settings->Set(assignment));
  for (const auto& [key, values] : common.given) ARGENT_RETURN_IF_ERROR(settings->Replace(key, values));
  return Status::Ok();
}

Status StartLog(const Settings& settings, LogLevel fallback) {
  static const std::map<std::string, LogLevel> kLevels = {{"debug", LogLevel::kDebug},
                                                          {"info", LogLevel::kInfo},
                                                          {"warning", LogLevel::kWarning},
                                                          {"error", LogLevel::kError}};
  std::string format = settings.Get("log-format").value_or("text");
  if (format != "text" && format != "json") return Status::InvalidArgument("log-format is text or json");
  LogLevel level = fallback;
  if (auto word = settings.Get("log-level")) {
    auto found = kLevels.find(*word);
    if (found == kLevels.end()) return Status::InvalidArgument("log-level is debug, info, warning or error");
    level = found->second;
  }
  InitLog(format == "json" ? LogFormat::kJson : LogFormat::kText, level);
  return Status::Ok();
}

struct Commands {
  CommonOptions common;
  ImportCommand import;
  LsOptions ls;
  GetOptions get;
  std::string study, series, instance;
  bool status_json = false;
  bool compact_wait = false;
};

void DeclareServe(CLI::App* app, Commands* commands) {
  CLI::App* serve =
      app->add_subcommand("serve", "Receive, find and give back: run the archive in the foreground");
  AddCommon(serve, &commands->common);
  AddSetting(serve, &commands->common, "aet", "AE title of this archive (default ARGENT)");
  AddSetting(serve, &commands->common, "dimse-port",
             "TCP port for DICOM associations; 0 picks a free one (default 11112)");
  AddSetting(serve, &commands->common, "http-port",
             "TCP port for HTTP; 0 picks a free one, off: none (default 8080)");
  AddSetting(serve, &commands->common, "bind", "Address to listen on (default 127.0.0.1)");
  AddSetting(serve, &commands->common, "peer", "AET@host:port, a destination of C-MOVE; may be repeated");
}

void DeclareImport(CLI::App* app, Commands* commands) {
  CLI::App* import = app->add_subcommand("import", "Bring files and folders in");
  AddCommon(import, &commands->common);
  import->add_option("paths", commands->import.paths, "Files and folders")->required();
  import->add_option("--report", commands->import.report, "Write one JSON line a file here");
}

void DeclareReaders(CLI::App* app, Commands* commands) {
  CLI::App* ls =
      app->add_subcommand("ls", "Find: list what the archive holds, by the matching rules of C-FIND");
  AddCommon(ls, &commands->common);
  ls->add_option("what", commands->ls.what, "patients, studies, series, instances or conflicts")->required();
  ls->add_option("--match", commands->ls.matches, "Keyword=VALUE, e.g. PatientName=DOE*; may be repeated");
  ls->add_option("--limit", commands->ls.limit, "At most this many");
  ls->add_flag("--json", commands->ls.json, "One JSON object a line");
  CLI::App* get =
      app->add_subcommand("get", "Give back: write Instances as DICOM files STUDY/SERIES/INSTANCE.dcm");
  AddCommon(get, &commands->common);
  get->add_option("--study", commands->study, "Study Instance UID");
  get->add_option("--series", commands->series, "Series Instance UID");
  get->add_option("--instance", commands->instance, "SOP Instance UID");
  get->add_option("--out", commands->get.out_directory, "Folder to write to")->required();
  get->add_option("--transfer-syntax", commands->get.transfer_syntax_uid,
                  "Transfer Syntax UID, or as-received: byte for byte (the default)");
  CLI::App* compact = app->add_subcommand(
      "compact", "Compress, prove and share what the log holds: empties the backlog of the vault");
  AddCommon(compact, &commands->common);
  AddSetting(compact, &commands->common, "codec",
             "Frame codec of the vault: j2k, htj2k, fast or none (default j2k)");
  AddSetting(compact, &commands->common, "hot-mib",
             "Fresh copies kept beside the vault's, MiB (default 65536)");
  compact->add_flag("--wait", commands->compact_wait,
                    "Return when it is done (on a stopped archive: always)");
  CLI::App* status = app->add_subcommand("status", "What the archive holds and how it is");
  AddCommon(status, &commands->common);
  status->add_flag("--json", commands->status_json, "One JSON object");
  AddCommon(app->add_subcommand("rebuild-catalog", "Throw the catalog away and build it again from the log"),
            &commands->common);
  AddCommon(app->add_subcommand("export-catalog",
                                "Print the catalog in canonical form: equal archives print the same"),
            &commands->common);
}

int RunGetCommand(const Settings& settings, Commands* commands) {
  int given = 0;
  for (const auto& [level, uid] :
       {std::pair{Level::kStudy, &commands->study}, std::pair{Level::kSeries, &commands->series},
        std::pair{Level::kInstance, &commands->instance}}) {
    if (uid->empty()) continue;
    ++given;
    commands->get.level = level;
    commands->get.uid = *uid;
  }
  if (given != 1) return Fail(Status::InvalidArgument("get takes one of --study, --series and --instance"));
  return RunGet(settings, commands->get);
}

int Dispatch(const std::string& name, const Settings& settings, Commands* commands) {
  if (name == "serve") return RunServe(settings);
  if (name == "import") return RunImport(settings, commands->import);
  if (name == "ls") return RunLs(settings, commands->ls);
  if (name == "get") return RunGetCommand(settings, commands);
  if (name == "compact") return RunCompact(settings);
  if (name == "status") return RunStatus(settings, commands->status_json);
  if (name == "rebuild-catalog") return RunRebuildCatalog(settings);
  return RunExportCatalog(settings);
}

int Main(int argc, char** argv) {
  CLI::App app("Argent: archive and ingestion appliance for medical images", "argent");
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 found something wrong (damage, failed items), 2 usage, 3 could not run.");
  Commands commands;
  DeclareServe(&app, &commands);
  DeclareImport(&app, &commands);
  DeclareReaders(&app, &commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  const std::string name = app.get_subcommands().front()->get_name();
  Settings settings;
  Status status = Load(commands.common, &settings);
  if (status.ok()) status = StartLog(settings, name == "serve" ? LogLevel::kInfo : LogLevel::kWarning);
  if (!status.ok()) return Fail(status);
  return Dispatch(name, settings, &commands);
}

}  // namespace
}  // namespace argent::archive

int main(int argc, char** argv) { return argent::archive::Main(argc, argv); }
