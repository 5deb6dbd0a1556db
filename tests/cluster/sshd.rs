//! Hosts that ssh reaches, all on this machine.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::{is_there, signal, wait_for};
use crate::workdir::{Call, Workdir, skip};

/// Two hosts with one key to both, and in the list a third that is down.
pub(super) struct Hosts {
    /// The file that lists them.
    pub(super) list: PathBuf,
    daemons: Vec<Child>,
}

impl Hosts {
    /// None where there is no server of ssh or no GNU parallel, for which the test is skipped.
    /// `second` is what the second server is run by.
    pub(super) fn start(test: &str, dir: &Workdir, second: &[&str]) -> Option<Self> {
        if !["sshd", "ssh", "parallel"].into_iter().all(is_there) {
            let packages = "apt-get install openssh-server openssh-client parallel";
            skip(
                test,
                &format!("sshd or GNU parallel is not there ({packages})"),
            );
            return None;
        }
        for name in ["key", "hostkey"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
            Call(keygen).arg(dir.path(name)).succeeds();
        }
        // A server that separates its privileges wants this folder, which its service makes.
        let _ = fs::create_dir_all("/run/sshd");
        let (mut config, mut list, mut daemons) = (String::new(), String::new(), Vec::new());
        for (number, before) in [&[], second].into_iter().enumerate() {
            let port = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = port.local_addr().unwrap().port();
            daemons.push(serve(dir, port, before));
            config += &format!("Host h{number}\n Port {port}\n");
            list += &format!("ssh -F {} h{number}\n", dir.path("config").display());
        }
        // Nobody listens at the first port.
        config += "Host gone\n Port 1\n";
        list += &format!("ssh -F {} gone\n", dir.path("config").display());
        let (key, known) = (dir.path("key"), dir.path("known"));
        config += &format!(
            "Host *\n HostName 127.0.0.1\n IdentityFile {}\n IdentitiesOnly yes\n \
             UserKnownHostsFile {}\n StrictHostKeyChecking no\n LogLevel ERROR\n",
            key.display(),
            known.display()
        );
        dir.write("config", config);
        Some(Self {
            list: dir.write("hosts.txt", list),
            daemons,
        })
    }

    /// The process of the second server.
    pub(super) fn second(&self) -> u32 {
        self.daemons[1].id()
    }
}

fn serve(dir: &Workdir, port: u16, before: &[&str]) -> Child {
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n",
        dir.path("hostkey").display(),
        dir.path("key.pub").display()
    );
    let config = dir.write(format!("sshd.{port}"), config);
    let words = [before, &["/usr/sbin/sshd", "-D", "-e", "-f"]].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(config);
    let streams = command.stdin(Stdio::null()).stdout(Stdio::null());
    let daemon = streams.stderr(Stdio::null()).spawn().unwrap();
    wait_for("sshd does not answer", || {
        TcpStream::connect(("127.0.0.1", port)).ok()
    });
    daemon
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            if daemon.try_wait().unwrap().is_none() {
                signal("TERM", daemon.id());
                let _ = daemon.wait();
            }
        }
    }
}
