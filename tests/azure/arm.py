"""A small part of Azure, on loopback with TLS: enough of its resource manager, its login and its metadata service for
Azure's own client to create a machine, to list and to delete it, and for that machine to delete itself. A mock.

Usage: arm.py DIR. It prints its address. In DIR it writes cert.pem, and requests.jsonl, a line for each request.
faults.json there is a list of answers in place of the usual ones: {"on": "PUT .*regex", "status": 409, "times": 1}, with
"body" and "headers" of the answer, and "loses", a regex of the resources that vanish before it.
"""

import http.server
import json
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import urllib.parse

HERE = pathlib.Path(sys.argv[1])
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "66666666-7777-8888-9999-000000000000"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
TOKEN = "eyJhbGciOiJub25lIn0.e30.c2VjcmV0"
groups, resources, operations = {}, {}, {}
lock = threading.Lock()
PORT = None


def recorded(line):
    with open(HERE / "requests.jsonl", "a") as file:
        file.write(json.dumps(line) + "\n")


def fault(request):
    try:
        faults = json.loads((HERE / "faults.json").read_text())
    except FileNotFoundError:
        return None
    for one in faults:
        if one.get("times", 1) and re.search(one["on"], request):
            one["times"] = one.get("times", 1) - 1
            (HERE / "faults.json").write_text(json.dumps(faults))
            return one
    return None


def authority():
    return f"https://localhost:{PORT}/{TENANT}"


def login(path):
    """What a login asks for; None where it is no login."""
    if path.endswith("/.well-known/openid-configuration"):
        return {
            "issuer": f"{authority()}/v2.0",
            "authorization_endpoint": f"{authority()}/oauth2/v2.0/authorize",
            "token_endpoint": f"{authority()}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{authority()}/oauth2/v2.0/devicecode",
        }
    if path.endswith("/oauth2/v2.0/token"):
        return {"token_type": "Bearer", "expires_in": 86399, "ext_expires_in": 86399, "access_token": TOKEN}
    return None


class Azure(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=None, headers=()):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        try:
            self.body = json.loads(raw) if raw else None
        except ValueError:
            self.body = None
        self.bare = urllib.parse.unquote(url.path).replace("//", "/").rstrip("/")
        with lock:
            authorized = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            asked = {"method": self.command, "path": self.bare, "query": self.query, "body": self.body}
            recorded(asked | {"authorized": authorized})
            wrong = fault(f"{self.command} {self.bare}")
            if wrong:
                for path in [path for path in resources if wrong.get("loses") and re.search(wrong["loses"], path)]:
                    del resources[path]
                return self.answer(wrong["status"], wrong.get("body"), wrong.get("headers", {}).items())
            known = login(self.bare) or self.metadata()
            if known:
                return self.answer(200, known)
            if not authorized:
                return self.answer(401, {"error": {"code": "AuthenticationFailed", "message": "no token"}})
            self.resource_manager()

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = serve

    def metadata(self):
        """What a machine asks about itself, which it may do by this header alone."""
        if self.headers.get("Metadata") != "true":
            return None
        if self.bare == "/metadata/instance/compute":
            return {"subscriptionId": SUBSCRIPTION, "resourceGroupName": next(iter(groups), None)}
        if self.bare == "/metadata/identity/oauth2/token":
            return {"token_type": "Bearer", "access_token": TOKEN}
        return None

    def missing(self):
        group = re.fullmatch(".*/resourcegroups/[^/]*", self.bare, re.I)
        code = "ResourceGroupNotFound" if group else "ResourceNotFound"
        self.answer(404, {"error": {"code": code, "message": f"{self.bare.split('/')[-1]} could not be found."}})

    def resource_manager(self):
        if self.bare == "/subscriptions":
            one = {"id": f"/subscriptions/{SUBSCRIPTION}", "subscriptionId": SUBSCRIPTION, "tenantId": TENANT}
            return self.answer(200, {"value": [one | {"displayName": "Lab", "state": "Enabled"}]})
        if self.bare == "/tenants":
            return self.answer(200, {"value": [{"tenantId": TENANT}]})
        group = re.fullmatch(r"(/subscriptions/[^/]*)/resourcegroups/([^/]*)", self.bare, re.I)
        if group:
            return self.group(group[2])
        several = r"/subscriptions/[^/]*/(?:resourcegroups/([^/]*)/)?(resources|resourcegroups)"
        listed = re.fullmatch(several, self.bare, re.I)
        if listed:
            return self.list(listed[1], listed[2].lower())
        self.resource()

    def group(self, name):
        kept = groups.get(name)
        if self.command == "PUT":
            kept = {"id": self.bare, "name": name, "type": "Microsoft.Resources/resourceGroups"}
            kept["location"] = self.body["location"]
            groups[name] = kept | {"tags": self.body.get("tags") or {}, "properties": {"provisioningState": "Succeeded"}}
            return self.answer(201, groups[name])
        if not kept:
            return self.missing()
        if self.command == "HEAD":
            return self.answer(204)
        if self.command == "PATCH":
            kept.update(self.body)
        if self.command == "DELETE":
            del groups[name]
            for path in [path for path in resources if f"/resourcegroups/{name}/".lower() in path]:
                del resources[path]
            done = f"https://localhost:{PORT}/operations/done"
            return self.answer(202, headers=[("Location", done), ("Retry-After", "0")])
        self.answer(200, kept)

    def list(self, group, kind):
        """Groups, or resources, with the tag that the filter names."""
        found = groups if kind == "resourcegroups" else resources
        # Rules and roles belong to what they are about, and are no resources in a list.
        found = {path: one for path, one in found.items() if not re.search("/(securityrules|roleassignments)/", path)}
        found = [one for path, one in found.items() if not group or f"/resourcegroups/{group}/".lower() in path]
        within = re.search("resourceGroup eq '(.*?)'", self.query.get("$filter", ""))
        if within:
            found = [one for one in found if f"/resourcegroups/{within[1]}/".lower() in one["id"].lower()]
        tag = re.search("tagName eq '(.*?)'(?: and tagValue eq '(.*?)')?", self.query.get("$filter", ""), re.I)
        if tag:
            found = [one for one in found if tag[1] in (one.get("tags") or {}) and tag[2] in (None, one["tags"][tag[1]])]
        self.answer(200, {"value": found})

    def named(self, name):
        return {"id": f"{self.bare}/{name}", "name": name, "location": "westeurope"}

    def image(self):
        """The newest of Canonical's images."""
        version = self.named("24.04.202611010")
        if self.bare.endswith("/versions"):
            return self.answer(200, [version])
        properties = {"osDiskImage": {"operatingSystem": "Linux"}, "hyperVGeneration": "V2"}
        self.answer(200, version | {"properties": properties})

    def resource(self):
        path = self.bare.lower()
        if "/artifacttypes/vmimage/" in path:
            return self.image()
        if path.endswith("/publishers"):
            return self.answer(200, [self.named("Microsoft.HpcCompute")])
        if "/artifacttypes/vmextension/" in path:
            return self.answer(200, [self.named("1.9.0.0" if path.endswith("/versions") else "NvidiaGpuDriverLinux")])
        if path.startswith("/operations/"):
            failed = {"error": {"code": "DeletionOfResourceGroupFailed", "message": "A resource in it is still used."}}
            return self.answer(409, failed) if path.endswith("failed") else self.answer(200)
        if path.endswith("/roledefinitions"):
            role = {"id": f"{self.bare}/{CONTRIBUTOR}", "name": CONTRIBUTOR, "properties": {"roleName": "Contributor"}}
            return self.answer(200, {"value": [role]})
        if self.command == "PUT":
            return self.answer(201, self.deploy() if "/deployments/" in path else keep(self.bare, self.body))
        if path in resources:
            return self.answer(200, resources[path])
        if len(path.split("/providers/")[-1].split("/")) == 2:
            return self.answer(200, {"value": [one for key, one in resources.items() if key.startswith(path + "/")]})
        self.missing()

    def deploy(self):
        """Makes what the template has, at once."""
        group = self.bare.split("/providers/")[0]
        for one in self.body["properties"]["template"]["resources"]:
            keep(f"{group}/providers/{one['type']}/{one['name']}", one)
        return {"id": self.bare, "name": self.bare.split("/")[-1], "properties": {"provisioningState": "Succeeded"}}


def keep(path, body):
    """A resource, with what Azure adds to it."""
    kind, name = path.split("/providers/")[-1].rsplit("/", 1)
    one = json.loads(json.dumps(body)) | {"id": path, "name": name, "type": kind}
    properties = one.setdefault("properties", {})
    properties["provisioningState"] = "Succeeded"
    if kind.endswith("/publicIPAddresses"):
        properties["ipAddress"] = "127.0.0.1"
    if kind.endswith("/networkInterfaces"):
        properties["macAddress"] = "00-0D-3A-00-00-00"
        properties["ipConfigurations"][0]["properties"]["privateIPAddress"] = "10.0.0.4"
    if kind.endswith("/virtualMachines"):
        one["identity"]["principalId"] = "99999999-0000-0000-0000-000000000000"
        properties["vmId"] = "88888888-0000-0000-0000-000000000000"
        properties["timeCreated"] = "2026-01-01T00:00:00+00:00"
        properties["instanceView"] = {"statuses": [{"code": "PowerState/running", "displayStatus": "VM running"}]}
        disk = {"location": one["location"], "tags": one["tags"]}
        keep(path.replace("/virtualMachines/", "/disks/") + "_OsDisk_1", disk)
    resources[path.lower()] = one
    return one


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Azure)
PORT = server.server_port
names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:10.0.2.2"
usage = "keyUsage=critical,digitalSignature,keyCertSign"
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    + ["-addext", names, "-addext", usage]
    + ["-keyout", HERE / "key.pem", "-out", HERE / "cert.pem"],
    check=True, capture_output=True,
)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(HERE / "cert.pem", HERE / "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"serves at https://localhost:{PORT}/", flush=True)
server.serve_forever()
