"""A node of OpenSearch with its security plugin: TLS between nodes and for HTTP, users, and roles.

The plugin comes from Maven Central too, into a cache folder of its own: the other tests' nodes go without.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import os
import shutil
import ssl
import urllib.request
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.cluster.nodes import Cluster, Node
from tests.cluster.server_files import SECURITY, fetch_security

__all__ = ["ADMIN", "SecuredCluster"]

ADMIN = ("admin", "admin")
"""Of the users that come with the plugin, for demonstrations: name and password."""


class SecuredCluster(Cluster):
    """A cluster that wants TLS and a name; ``authority`` is the file of the certificate that signed the nodes'.

    Its nodes may write snapshots into ``backups``.
    """

    def __init__(self, nodes: int = 1) -> None:
        plugin = fetch_security()
        super().__init__(nodes=nodes)
        self.authority = self.folder / "authority.pem"
        self.backups = self.folder / "backups"
        self.backups.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.backups, "nobody", "nogroup")
        target = self.folder / "opensearch" / "plugins" / SECURITY
        shutil.copytree(plugin, target)
        _certificates(self.folder)
        for node in self.nodes:
            self._secure(node, plugin)

    def _secure(self, node: Node, plugin: Path) -> None:
        config = node.folder / "config"
        shutil.copytree(plugin / "config", config / SECURITY)
        for name in ("authority.pem", "node.pem", "node.key"):
            shutil.copy(self.folder / name, config)
        files = {"pemcert": "node.pem", "pemkey": "node.key", "pemtrustedcas": "authority.pem"}
        node.settings = {
            **node.settings,
            **{f"plugins.security.ssl.{layer}.{key}_filepath": file
               for layer in ("transport", "http") for key, file in files.items()},
            "path.repo": [str(self.backups)],
            "plugins.security.ssl.http.enabled": True,
            "plugins.security.nodes_dn": ["CN=node"],
            "plugins.security.authcz.admin_dn": ["CN=nobody"],
            "plugins.security.allow_default_init_securityindex": True,
            "plugins.security.restapi.roles_enabled": ["all_access"],
        }  # fmt: skip

    @property
    def urls(self) -> list[str]:
        return [url.replace("http:", "https:") for url in super().urls]

    def request(self, method: str, path: str, body: Any = None, user: tuple[str, str] = ADMIN) -> Any:
        data = None if body is None else json.dumps(body).encode()
        name = base64.b64encode(":".join(user).encode()).decode()
        request = urllib.request.Request(
            f"{self.urls[0]}/{path}",
            data=data,
            method=method,
            headers={"Content-Type": "application/json", "Authorization": f"Basic {name}"},
        )
        trusting = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.authority)))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusting)
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)


def _certificates(folder: Path) -> None:
    """Write ``authority.pem``, and ``node.pem`` with ``node.key``: one certificate for all nodes, on 127.0.0.1."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "node")}
    authority, node = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in keys)
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(keys["authority"].public_key())
    certified = {}
    for name, subject in (("authority", authority), ("node", node)):
        is_authority = name == "authority"
        usage = dict.fromkeys(
            ("content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
        )
        certified[name] = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=authority)
            .public_key(keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not is_authority,
                    key_encipherment=not is_authority,
                    key_cert_sign=is_authority,
                    crl_sign=is_authority,
                    **usage,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[name].public_key()), critical=False)
            .add_extension(signer, critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(keys["authority"], hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(certified[name].public_bytes(Encoding.PEM))
    (folder / "node.key").write_bytes(keys["node"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
