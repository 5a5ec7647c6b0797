"""BUNDLE: writes tampered-NAME.json for each thing that must not go through."""
import base64, copy, json, sys

good = json.load(open(sys.argv[1]))

def flip(text, at, bit=1):
    data = bytearray(base64.b64decode(text))
    data[at] ^= bit
    return base64.b64encode(bytes(data)).decode()

def write(name, change):
    bundle = copy.deepcopy(good)
    change(bundle, bundle["dsseEnvelope"], bundle["dsseEnvelope"]["signatures"][0])
    json.dump(bundle, open("tampered-%s.json" % name, "w"))

n_payload = len(base64.b64decode(good["dsseEnvelope"]["payload"]))
n_signature = len(base64.b64decode(good["dsseEnvelope"]["signatures"][0]["sig"]))
for at in sorted({0, 1, n_payload // 3, n_payload // 2, n_payload - 1}):
    write("payload-%d" % at, lambda b, e, s, at=at: e.update(payload=flip(e["payload"], at)))
for at in sorted({4, n_signature // 2, n_signature - 1}):
    write("signature-%d" % at, lambda b, e, s, at=at: s.update(sig=flip(s["sig"], at)))
write("signature-longer", lambda b, e, s: s.update(
    sig=base64.b64encode(base64.b64decode(s["sig"]) + b"\0").decode()))
write("signature-shorter", lambda b, e, s: s.update(
    sig=base64.b64encode(base64.b64decode(s["sig"])[:-1]).decode()))
write("payload-longer", lambda b, e, s: e.update(
    payload=base64.b64encode(base64.b64decode(e["payload"]) + b" ").decode()))
write("type", lambda b, e, s: e.update(payloadType="application/vnd.in-toto+jsom"))
write("hint", lambda b, e, s: b["verificationMaterial"]["publicKey"].update(hint="0" * 64))
