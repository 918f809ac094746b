"""A real OPC UA server (asyncua) for tests/opcua.rs. Arguments: port, and a folder where certificates are to be made and used; without a
folder the server is open. Commands on standard input, one a line: `set NAME VALUE`, `event WORD`, `bad NAME`, `doubt NAME`,
`retype NAME` (the node becomes a text), `called` (what the method was called with), `quit`. Says `ready` when it listens."""
import asyncio
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from asyncua import Server, ua, uamethod
from asyncua.common.structures104 import new_enum, new_struct, new_struct_field
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

CALLS = []


def make_pair(folder, certificate, key, name, uri):
    """A certificate and its key, once a folder."""
    certificate, key = Path(folder, certificate), Path(folder, key)
    if certificate.exists():
        return
    certificate.parent.mkdir(parents=True, exist_ok=True)
    key.parent.mkdir(parents=True, exist_ok=True)
    private = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=30))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), False)
    made = builder.sign(private, hashes.SHA256())
    certificate.write_bytes(made.public_bytes(serialization.Encoding.DER))
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


class Users(UserManager):
    """ada with her password, whoever shows the one certificate, and nobody in particular: asyncua then passes on the certificate of the
    connection, which is Socium's."""

    def __init__(self, folder):
        self.known = Path(folder, "user.der").read_bytes()

    def get_user(self, iserver, username=None, password=None, certificate=None):
        user = User(role=UserRole.User)
        if username is not None:
            return user if (username, password) == ("ada", "lovelace") else None
        if not certificate:
            return user
        shown = certificate if isinstance(certificate, bytes) else certificate.public_bytes(serialization.Encoding.DER)
        names = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return user if shown == self.known or names[0].value == "Socium" else None


@uamethod
def start(parent, speed):
    CALLS.append(speed)
    if speed > 100:
        return ua.StatusCode(ua.StatusCodes.BadOutOfRange)


async def secure(server, folder):
    make_pair(folder, "server.der", "server.pem", "Mill 7", "urn:freeopcua:python:server")
    make_pair(folder, "user.der", "user.pem", "Ada", "urn:ada")
    await server.load_certificate(str(Path(folder, "server.der")))
    await server.load_private_key(str(Path(folder, "server.pem")))
    policies = ua.SecurityPolicyType
    server.set_security_policy([policies.NoSecurity, policies.Basic256Sha256_Sign, policies.Basic256Sha256_SignAndEncrypt,
                                policies.Aes128Sha256RsaOaep_SignAndEncrypt, policies.Aes256Sha256RsaPss_SignAndEncrypt])
    server.set_identity_tokens([ua.AnonymousIdentityToken, ua.UserNameIdentityToken, ua.X509IdentityToken])


async def build(server, index):
    nodes = {}
    objects = server.nodes.objects
    mill = await objects.add_object(ua.NodeId("mill", index), f"{index}:mill")
    for name, value in [("power", 41.5), ("state", "producing"), ("speed", 100.0), ("count", 7), ("event", "none"), ("rows", [1.5, 2.5])]:
        kind = ua.VariantType.Int32 if name == "count" else None
        node = await mill.add_variable(ua.NodeId(name, index), f"{index}:{name}", value, kind)
        if name in ("speed", "count", "state", "rows"):
            await node.set_writable()
        nodes[name] = node
    unit = ua.EUInformation(NamespaceUri="http://www.opcfoundation.org/UA/units/un/cefact", UnitId=4937556, DisplayName=ua.LocalizedText("kW"))
    await nodes["power"].add_property(0, "EngineeringUnits", unit)
    await nodes["power"].add_property(0, "EURange", ua.Range(Low=0.0, High=90.0))
    await nodes["power"].write_attribute(ua.AttributeIds.Description, ua.DataValue(ua.LocalizedText("Active power")))
    await new_struct(server, index, "Position", [new_struct_field("x", ua.VariantType.Double), new_struct_field("turns", ua.VariantType.Int32, array=True)])
    mode = await new_enum(server, index, "Mode", ["off", "manual", "automatic"])
    await server.load_data_type_definitions()
    place = ua.Position()
    place.x, place.turns = 3.25, [4, 5, 6]
    nodes["axis"] = await mill.add_variable(ua.NodeId("axis", index), f"{index}:axis", place)
    nodes["mode"] = await mill.add_variable(ua.NodeId("mode", index), f"{index}:mode", ua.Variant(2, ua.VariantType.Int32), datatype=mode.nodeid)
    await nodes["mode"].set_writable()
    argument = ua.Argument(Name="speed", DataType=ua.NodeId(ua.ObjectIds.Double))
    await mill.add_method(ua.NodeId("start", index), f"{index}:start", start, [argument], [])
    return nodes


async def obey(nodes, words):
    now = datetime.now(timezone.utc)
    if words[0] == "set":
        value = float(words[2]) if words[1] in ("power", "speed") else words[2]
        await nodes[words[1]].write_value(value)
    elif words[0] in ("bad", "doubt"):
        codes = {"bad": ua.StatusCodes.BadSensorFailure, "doubt": ua.StatusCodes.UncertainLastUsableValue}
        await nodes[words[1]].write_value(ua.DataValue(ua.Variant(1.0), ua.StatusCode(codes[words[0]]), now))
    elif words[0] == "event":
        await nodes["event"].write_value(ua.DataValue(ua.Variant(words[1]), ua.StatusCode(0), now))
    elif words[0] == "move":
        place = ua.Position()
        place.x, place.turns = float(words[1]), [int(word) for word in words[2:]]
        await nodes["axis"].write_value(place)
    elif words[0] == "retype":
        # asyncua guards the type; a server with another program in it would not
        node = nodes[words[1]]
        node.session.aspace._nodes[node.nodeid].attributes[ua.AttributeIds.Value].value = None
        await node.write_value("much")
    elif words[0] == "many":
        # a hall of machines, for browsing: `many MACHINES CHANNELS`
        index, server = nodes["power"].nodeid.NamespaceIndex, nodes["server"]
        hall = await server.nodes.objects.add_object(ua.NodeId("hall", index), f"{index}:hall")
        for machine in range(int(words[1])):
            folder = await hall.add_object(ua.NodeId(f"m{machine}", index), f"{index}:m{machine}")
            for channel in range(int(words[2])):
                await folder.add_variable(ua.NodeId(f"m{machine}.c{channel}", index), f"{index}:c{channel}", float(channel))
    elif words[0] == "called":
        print("calls", CALLS, flush=True)


async def main(port, folder):
    server = Server(user_manager=None)
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    if folder:
        await secure(server, folder)
        server.iserver.user_manager = Users(folder)
    else:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("urn:test")
    nodes = await build(server, index)
    nodes["server"] = server
    async with server:
        print("ready", index, flush=True)
        loop = asyncio.get_running_loop()
        while True:
            words = (await loop.run_in_executor(None, sys.stdin.readline)).split()
            if not words or words[0] == "quit":
                return
            await obey(nodes, words)
            print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
