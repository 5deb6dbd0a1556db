//! Machines that cannot take part, and what is told of them.

use std::fs;
use std::process::Command;

use super::slurm::Slurm;
use super::{out, train};
use crate::systems::can_mount;
use crate::workdir::{Call, Workdir, top};

/// `scripts/cluster fit` on a machine where this was mounted before.
fn fit_where(dir: &Workdir, mount: &str) -> Call {
    let script = format!("{mount} && exec bash \"$1\"/cluster/hd/cluster fit \"$1\"");
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &script, "sh"]);
    command.arg(dir.path("out")).current_dir(dir.path(""));
    Call(command)
}

#[test]
fn a_machine_that_would_compute_something_else_is_left_out_with_the_reason() {
    let test = "a_machine_that_would_compute_something_else";
    if !can_mount(test) {
        return;
    }
    let dir = Workdir::new();
    fs::create_dir(dir.path("out")).unwrap();
    // The second node does not see OUT.
    let hide = format!(
        "mount -t tmpfs none {} && exec \"$@\"",
        dir.path("out").display()
    );
    let second = ["unshare", "-m", "sh", "-c", &hide, "sh"];
    let Some(slurm) = Slurm::start(test, 1001, dir, &second) else {
        return;
    };
    let args = ["CLUSTER=slurm", "SHARDS=3", &out(&slurm.dir)];
    let said = slurm.used_by(train(&slurm.dir, &args)).succeeds().stderr();
    assert!(said.contains("n2 is left out: it cannot open "), "{said}");
    assert!(said.contains("Either it does not see "), "{said}");
    assert!(slurm.dir.path("out/metrics.json").exists());

    fit_where(&slurm.dir, "true").succeeds();
    let refused = |mount: &str| {
        let run = fit_where(&slurm.dir, mount).ends_with(3);
        assert!(run.stderr().contains(" is left out: "), "{}", run.stderr());
        run.stderr()
    };
    let shards = slurm.dir.path("out/shards").display().to_string();
    let said = refused(&format!(
        "mount --bind {shards} {shards} && mount -o remount,ro,bind {shards}"
    ));
    assert!(said.contains("cannot write to "), "{said}");
    let said = refused(&format!(
        "mount -t tmpfs none {}",
        super::one_machine().path("").display()
    ));
    assert!(said.contains("does not see the images"), "{said}");
    crate::azure::executable(&slurm.dir, "other", "#!/bin/sh\necho hd-bottleneck 0.0.1\n");
    let program = top().join("target/release/hd-bottleneck");
    let said = refused(&format!("mount --bind other {}", program.display()));
    assert!(said.contains("hd-bottleneck 0.0.1"), "{said}");
    let base = top().join("models/mobilenet_v2_1.0_224.onnx");
    let said = refused(&format!("mount --bind other {}", base.display()));
    assert!(said.contains("its base, "), "{said}");
}

#[test]
fn what_is_not_there_is_told_before_anything_is_begun() {
    let dir = Workdir::new();
    let mut path: Vec<_> = std::env::split_paths(&std::env::var("PATH").unwrap()).collect();
    path.insert(0, dir.path("bin"));
    let path = std::env::join_paths(path).unwrap();
    // Settings of a cluster whose controller is not there.
    let settings = "ClusterName=none\nSlurmctldHost=localhost(127.0.0.1)\nSlurmctldPort=9\nAuthType=auth/munge\n\
                    NodeName=n1\nPartitionName=all Nodes=n1\n";
    let settings = dir.write("slurm.conf", settings);
    // As make calls it.
    let say = |engine: &str, variables: &[(&str, &str)]| {
        let mut command = Command::new(top().join("scripts/cluster"));
        command.arg(engine).current_dir(top()).env("PATH", &path);
        command.env("out", dir.path("out"));
        command.env("SLURM_CONF", &settings);
        command.envs(variables.iter().copied());
        Call(command).ends_with(1).stderr()
    };
    let said = say("slurm", &[("shards", "4")]);
    let has = |part: &str| said.contains(part);
    assert!(
        has("sbatch is not there") || has("Slurm does not answer"),
        "{said}"
    );
    crate::azure::executable(&dir, "bin/parallel", "#!/bin/sh\necho moreutils\n");
    assert!(say("ssh", &[]).contains("is not GNU parallel"));
    crate::azure::executable(&dir, "bin/parallel", "#!/bin/sh\necho GNU parallel\n");
    assert!(say("ssh", &[]).contains("HOSTS=hosts.txt"));
    assert!(say("ssh", &[("hosts", "none.txt")]).contains("none.txt is not there"));
    let hosts = dir.write("hosts.txt", ":\n");
    let hosts = ("hosts", hosts.to_str().unwrap());
    assert!(say("ssh", &[hosts]).contains("such as SHARDS=64"));
    for wrong in ["0", "-1", "1/2", "many"] {
        let said = say("ssh", &[hosts, ("shards", wrong)]);
        assert!(said.contains("has to be a number"), "{said}");
    }
    assert!(!dir.path("out").exists());
    let said = train(&dir, &["CLUSTER=pbs", &out(&dir)])
        .ends_with(2)
        .stderr();
    assert!(said.contains("CLUSTER is 'pbs'"), "{said}");
}
