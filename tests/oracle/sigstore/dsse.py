"""The messages of a bundle or of lines of envelopes, by DSSE's protocol.md: openssl checks them."""
import base64, json, os, subprocess, sys, tempfile

def verify(envelope, hint, key, key_id):
    for member in ("payload", "payloadType", "signatures"):
        envelope[member]
    body = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"].encode()
    message = b" ".join([b"DSSEv1", b"%d" % len(kind), kind, b"%d" % len(body), body])
    for s in envelope["signatures"]:
        if s.get("keyid", hint) != key_id:
            continue
        with tempfile.TemporaryDirectory() as folder:
            m, sig = os.path.join(folder, "m"), os.path.join(folder, "s")
            open(m, "wb").write(message)
            open(sig, "wb").write(base64.b64decode(s["sig"], validate=True))
            # (`openssl dgst` would not see what follows an RSA signature.)
            how = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", m, "-sigfile", sig]
            if "ed25519" not in key:
                how += ["-digest", "sha256"]
            return subprocess.run(["openssl"] + how, capture_output=True).returncode == 0
    return False

path, key, key_id = sys.argv[1:]
text = open(path).read()
found = [json.loads(line) for line in text.splitlines()]
def hint_of(e): # in a bundle it alone names the key
    return e["verificationMaterial"]["publicKey"]["hint"] if "dsseEnvelope" in e else None
sys.exit(0 if found and all(verify(e.get("dsseEnvelope", e), hint_of(e), key, key_id) for e in found) else 1)
