//! The machine in Azure. Azure itself is a mock (`azure/arm.py`), with Azure's own client before it;
//! the machine is a real one, which the cloud-init file prepares (`azure/guest.rs`).

mod client;
mod fake;
mod files;
mod guest;
mod line;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::serving::Server;
use crate::workdir::{Call, Workdir, skip, top};

/// What must stand in no log, error or file: the stub's.
const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
const TOKEN: &str = "eyJhbGciOiJub25lIn0.e30.c2VjcmV0";

/// An account in the mock of Azure, with Azure's own client logged in to it.
struct Account {
    dir: Workdir,
    client: PathBuf,
    stub: Server,
}

impl Account {
    /// None where Azure's client is not installed, for which the test is skipped.
    fn open(test: &str) -> Option<Self> {
        let client = top().join("target/azure/bin");
        if !client.join("az").exists() {
            skip(test, "Azure's client is not there (make azure-deps)");
            return None;
        }
        let dir = Workdir::new();
        let mut stub = Command::new("python3");
        stub.arg(top().join("tests/azure/arm.py")).arg(dir.path(""));
        let address = |line: &str| line.strip_prefix("serves at ").map(str::to_owned);
        let stub = Server::start(stub, address).unwrap();
        let account = Self { dir, client, stub };
        account.log_in();
        Some(account)
    }

    fn log_in(&self) {
        let address = self.stub.address.as_str();
        let bare = address.trim_end_matches('/');
        self.az(&["config", "set", "core.instance_discovery=false"]);
        let stub = [
            "cloud",
            "register",
            "-n",
            "stub",
            "--skip-endpoint-discovery",
        ];
        let named = [
            ("resource-manager", address),
            ("management", address),
            ("active-directory", bare),
            ("active-directory-resource-id", address),
            ("active-directory-graph-resource-id", address),
        ];
        let named: Vec<String> = named
            .iter()
            .map(|(name, at)| format!("--endpoint-{name}={at}"))
            .collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        self.az(&[&stub[..], &named].concat());
        self.az(&["cloud", "set", "-n", "stub"]);
        let who = [
            "-u",
            "aaaaaaaa-0000-0000-0000-000000000000",
            "-p",
            "a-secret",
        ];
        let tenant = ["-t", "66666666-7777-8888-9999-000000000000"];
        let login = ["login", "--service-principal"];
        self.az(&[&login[..], &who, &tenant].concat());
    }

    fn az(&self, args: &[&str]) -> String {
        let call = self.command(&self.client.join("az")).args(args);
        call.succeeds().stdout()
    }

    /// scripts/azure, for the machine `hd-lab`.
    fn azure(&self, args: &[&str]) -> Call {
        self.command(&top().join("scripts/azure")).args(args)
    }

    fn command(&self, program: &Path) -> Call {
        let Call(mut command) = at_home(&self.dir, program);
        let path = format!(
            "{}:{}:{}",
            self.dir.path("bin").display(),
            self.client.display(),
            std::env::var("PATH").unwrap()
        );
        command
            .env("PATH", path)
            .env("REQUESTS_CA_BUNDLE", self.dir.path("cert.pem"))
            .env("AZURE_CONFIG_DIR", self.dir.path("az"))
            .env("AZURE_CORE_COLLECT_TELEMETRY", "no");
        Call(command)
    }

    /// A program that is found before others of its name.
    fn program(&self, name: &str, text: &str) {
        executable(&self.dir, &format!("bin/{name}"), text);
    }

    /// What Azure was asked, so far.
    fn requests(&self) -> Vec<Value> {
        let all = fs::read_to_string(self.dir.path("requests.jsonl")).unwrap_or_default();
        // The last line may be half written.
        all.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The body of the request of this kind whose address ends so.
    fn sent(&self, method: &str, end: &str) -> Value {
        let all = self.requests();
        let found = all.iter().rev().find(|request| {
            let path = request["path"].as_str().unwrap();
            request["method"] == method && path.to_ascii_lowercase().ends_with(end)
        });
        found.unwrap_or_else(|| panic!("no {method} {end}"))["body"].clone()
    }

    /// What the template of a machine has of this kind, if it was sent.
    fn template(&self, kind: &str) -> Option<Value> {
        let all = self.requests();
        let deployment = all
            .iter()
            .find(|request| request["body"]["properties"]["template"].is_object())?;
        let resources = deployment["body"]["properties"]["template"]["resources"].as_array()?;
        let of_kind = resources.iter().find(|one| one["type"] == kind);
        Some(of_kind.unwrap().clone())
    }

    /// Has Azure answer otherwise.
    fn faults(&self, faults: &Value) {
        self.dir.write("faults.json", faults.to_string());
    }
}

/// A program in the home of a test, without a terminal.
fn at_home(dir: &Workdir, program: &Path) -> Call {
    let mut command = Command::new(program);
    command
        .current_dir(dir.path(""))
        .env("HOME", dir.home())
        .env("XDG_CACHE_HOME", dir.home().join(".cache"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null());
    Call(command)
}

pub(crate) fn executable(dir: &Workdir, name: &str, text: &str) {
    let path = dir.write(name, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The text that was sent in Base64.
fn decoded(dir: &Workdir, sent: &str) -> String {
    let file = dir.write("sent", sent);
    let mut base64 = Command::new("base64");
    base64.arg("--decode").arg(file);
    Call(base64).succeeds().stdout()
}

/// Neither an account nor a token was told.
fn keeps_secrets(said: &str) {
    for secret in [SUBSCRIPTION, TOKEN, "a-secret", "PRIVATE KEY"] {
        assert!(!said.contains(secret), "{said}");
    }
}
