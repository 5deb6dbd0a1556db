//! scripts/azure with Azure's own client, which asks a mock of Azure; ssh is a stand-in that reaches
//! every machine at once.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::json;

use super::{Account, decoded, keeps_secrets};
use crate::workdir::top;

/// An account with machines that answer.
fn account(test: &str) -> Option<Account> {
    let account = Account::open(test)?;
    account.program("ssh", "#!/bin/sh\nexit 0\n");
    Some(account)
}

const UP: [&str; 4] = ["up", "--yes", "--from", "203.0.113.7"];

#[test]
fn a_machine_is_made_as_asked_and_nothing_is_left_of_it() {
    let test = "azure::client::a_machine_is_made_as_asked_and_nothing_is_left_of_it";
    let Some(account) = account(test) else {
        return;
    };
    let up = [&UP[..], &["--spot", "--lifetime", "90m"]].concat();
    let run = account.azure(&up).succeeds();
    keeps_secrets(&(run.stdout() + &run.stderr()));

    let group = account.sent("PUT", "/resourcegroups/hd-lab");
    assert_eq!(group["location"], "westeurope");
    assert_eq!(group["tags"]["app"], "hd");
    let expires = group["tags"]["expires"].as_str().unwrap();
    assert_eq!(expires.len(), "2026-01-01T00:00:00Z".len(), "{expires}");

    let rule = account.sent("PUT", "/securityrules/ssh");
    let rule = &rule["properties"];
    assert_eq!(rule["sourceAddressPrefix"], "203.0.113.7");
    assert_eq!(rule["destinationPortRange"], "22");
    assert_eq!(rule["direction"], "Inbound");

    let machine = account
        .template("Microsoft.Compute/virtualMachines")
        .unwrap();
    let properties = &machine["properties"];
    assert_eq!(machine["tags"], group["tags"]);
    assert_eq!(machine["identity"]["type"], "SystemAssigned");
    assert_eq!(properties["priority"], "Spot");
    assert_eq!(properties["hardwareProfile"]["vmSize"], "Standard_D4as_v5");
    assert_eq!(
        properties["storageProfile"]["osDisk"]["deleteOption"],
        "Delete"
    );
    let image = &properties["storageProfile"]["imageReference"];
    assert_eq!(image["offer"], "ubuntu-24_04-lts");
    let cards = &properties["networkProfile"]["networkInterfaces"];
    assert_eq!(cards.as_array().unwrap().len(), 1);
    assert_eq!(cards[0]["properties"]["deleteOption"], "Delete");
    let linux = &properties["osProfile"]["linuxConfiguration"];
    assert_eq!(linux["disablePasswordAuthentication"], true);
    let sent = decoded(
        &account.dir,
        properties["osProfile"]["customData"].as_str().unwrap(),
    );
    let file = fs::read_to_string(top().join("scripts/cloud-init.yaml")).unwrap();
    assert_eq!(sent, file);
    let card = account
        .template("Microsoft.Network/networkInterfaces")
        .unwrap();
    let guarded = card["properties"]["networkSecurityGroup"]["id"].as_str();
    assert!(guarded.unwrap().ends_with("/networkSecurityGroups/hd-lab"));

    // A contributor to its own group, and to nothing else.
    let role = account
        .template("Microsoft.Authorization/roleAssignments")
        .unwrap();
    let role = &role["properties"];
    let scope = role["scope"].as_str().unwrap();
    assert!(scope.ends_with("/resourcegroups/hd-lab"), "{scope}");
    let contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    assert!(
        role["roleDefinitionId"]
            .as_str()
            .unwrap()
            .ends_with(contributor)
    );
    assert!(
        role["principalId"]
            .as_str()
            .unwrap()
            .contains("identity.principalId")
    );

    let shutdown = account.sent("PUT", "/schedules/shutdown-computevm-hd-lab");
    assert_eq!(shutdown["properties"]["taskType"], "ComputeVmShutdownTask");

    let key = account.dir.home().join(".ssh/hd-lab");
    assert_eq!(fs::metadata(&key).unwrap().mode() & 0o777, 0o600);
    assert!(
        account
            .azure(&["list"])
            .succeeds()
            .stdout()
            .starts_with("hd-lab\t")
    );
    let status = account.azure(&["status"]).succeeds().stdout();
    assert!(status.contains("Microsoft.Compute/disks"), "{status}");
    assert!(status.contains("VM running"), "{status}");
    account.azure(&UP).ends_with(1);
    let tags = account.sent("PUT", "/resourcegroups/hd-lab");
    assert_eq!(
        tags["tags"]["expires"], expires,
        "a group that is there stays"
    );

    account.azure(&["extend", "4h"]).succeeds();
    let later = account.sent("PUT", "/resourcegroups/hd-lab");
    assert!(later["tags"]["expires"].as_str().unwrap() > expires);

    let down = account.azure(&["down", "--yes", "hd-lab"]).succeeds();
    assert!(down.stderr().contains("nothing is left of hd-lab"));
    account.sent("DELETE", "/resourcegroups/hd-lab");
    assert!(!key.exists());
    let list = account.azure(&["list"]).succeeds().stdout();
    assert_eq!(list, "there is no group of hd\n");
}

#[test]
fn what_azure_refuses_is_said_with_what_exists_and_what_helps() {
    let test = "azure::client::what_azure_refuses_is_said_with_what_exists_and_what_helps";
    let Some(account) = account(test) else {
        return;
    };
    // A client that asks too often is told to wait, and asks again.
    let busy = json!({"on": "PUT .*/resourcegroups/hd-lab$", "status": 429, "headers": {"Retry-After": "1"},
        "body": {"error": {"code": "TooManyRequests", "message": "too many"}}});
    let detail = |code: &str, says: &str| {
        let details = [json!({"code": code, "message": says})];
        json!({"code": "DeploymentFailed", "message": "see details", "details": details})
    };
    // Azure refuses at once, or says yes and then gives up.
    let (quota, size) = ("exceeding approved quota", "not available in location");
    let at_once = json!([busy, {"on": "PUT .*/deployments/", "status": 400,
        "body": {"error": detail("QuotaExceeded", quota)}}]);
    let operation = format!("{}operations/refused", account.stub.address);
    let later = json!([
        {"on": "PUT .*/deployments/", "status": 201, "headers": {"Azure-AsyncOperation": operation, "Retry-After": "0"},
            "body": {"id": "/x", "name": "x", "properties": {"provisioningState": "Accepted"}}},
        {"on": "GET /operations/refused", "status": 200,
            "body": {"status": "Failed", "error": detail("SkuNotAvailable", size)}}]);
    for (faults, says, helps) in [
        (at_once, quota, "a larger quota"),
        (later, size, "az vm list-skus"),
    ] {
        account.faults(&faults);
        let said = account.azure(&UP).ends_with(1).stderr();
        keeps_secrets(&said);
        for part in [
            says,
            helps,
            "what exists of hd-lab",
            "networkSecurityGroups",
            "scripts/azure down --name lab",
        ] {
            assert!(said.contains(part), "no {part} in: {said}");
        }
        account.azure(&["down", "--yes", "hd-lab"]).succeeds();
    }
}

#[test]
fn what_goes_on_costing_money_is_an_error_and_named() {
    let test = "azure::client::what_goes_on_costing_money_is_an_error_and_named";
    let Some(account) = account(test) else {
        return;
    };
    account.azure(&UP).succeeds();

    // Azure says yes, and gives up half way.
    let half = json!({"on": "DELETE .*/resourcegroups/hd-lab", "status": 202, "loses": "/virtualmachines/",
        "headers": {"Location": format!("{}operations/failed", account.stub.address), "Retry-After": "0"}});
    account.faults(&json!([half]));
    let said = account
        .azure(&["down", "--yes", "hd-lab"])
        .ends_with(1)
        .stderr();
    assert!(
        said.contains("is not deleted, and goes on costing"),
        "{said}"
    );
    let after = said.split("deletes hd-lab").nth(1).unwrap();
    assert!(after.contains("Microsoft.Compute/disks"), "{said}");
    assert!(!after.contains("virtualMachines"), "{said}");
    assert!(account.dir.home().join(".ssh/hd-lab").exists());

    // A login that has run out says nothing about what exists.
    let expired = json!({"on": "POST .*/oauth2/v2.0/token", "status": 400, "times": 9, "body":
        {"error": "invalid_grant", "error_description": "AADSTS700082: The refresh token has expired."}});
    account.faults(&json!([expired]));
    let cached = account.dir.path("az/msal_token_cache.json");
    let _ = fs::remove_file(cached);
    let _ = fs::remove_file(account.dir.path("az/msal_http_cache.bin"));
    let said = account
        .azure(&["down", "--yes", "hd-lab"])
        .ends_with(1)
        .stderr();
    assert!(said.contains("az login"), "{said}");
    assert!(!said.contains("nothing is left"), "{said}");
    keeps_secrets(&said);
}

#[test]
fn a_machine_that_was_evicted_says_so() {
    let test = "azure::client::a_machine_that_was_evicted_says_so";
    let Some(account) = account(test) else {
        return;
    };
    account.azure(&[&UP[..], &["--spot"]].concat()).succeeds();
    account.program("ssh", "#!/bin/sh\nexit 255\n");
    let state = json!({"statuses": [{"code": "PowerState/deallocated", "displayStatus": "VM deallocated"}]});
    let machine = json!({"id": "/x", "name": "hd-lab", "location": "westeurope",
        "properties": {"provisioningState": "Succeeded", "instanceView": state}});
    let evicted =
        json!({"on": "GET .*/virtualMachines/hd-lab", "status": 200, "times": 9, "body": machine});
    account.faults(&json!([evicted]));
    let run = ["run", "--from", "203.0.113.9", "true"];
    let said = account.azure(&run).ends_with(1).stderr();
    assert!(said.contains("VM deallocated"), "{said}");
    assert!(said.contains("az vm start"), "{said}");
    // Somebody in another network was let in before that.
    let rule = account.sent("PUT", "/securityrules/ssh");
    assert_eq!(rule["properties"]["sourceAddressPrefix"], "203.0.113.9");
}

#[test]
fn an_accelerator_comes_with_its_driver() {
    let test = "azure::client::an_accelerator_comes_with_its_driver";
    let Some(account) = account(test) else {
        return;
    };
    account.azure(&[&UP[..], &["--gpu"]].concat()).succeeds();
    let machine = account
        .template("Microsoft.Compute/virtualMachines")
        .unwrap();
    assert_eq!(
        machine["properties"]["hardwareProfile"]["vmSize"],
        "Standard_NC4as_T4_v3"
    );
    let driver = account.sent("PUT", "/extensions/nvidiagpudriverlinux");
    assert_eq!(driver["properties"]["publisher"], "Microsoft.HpcCompute");
    let config = fs::read_to_string(account.dir.home().join(".ssh/hd-lab.config")).unwrap();
    assert!(config.contains("# device: cuda"), "{config}");
}
