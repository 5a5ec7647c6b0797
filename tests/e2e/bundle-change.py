"""bundle-change.py IN OUT CHANGE...: a bundle with one thing wrong, all else made right.
bundle-change.py sign STATEMENT KEY OUT [HINT]: a sigstore bundle by an Ed25519 key, via openssl."""
import base64, hashlib, io, json, subprocess, sys, tarfile, tempfile


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(statement, key, out, hint=None):
    body = open(statement, "rb").read().strip()
    kind = "application/vnd.in-toto+json"
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)
    with tempfile.NamedTemporaryFile() as f:
        f.write(pae)
        f.flush()
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", f.name],
                                   check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    hint = hint or hashlib.sha256(der).hexdigest()
    text = base64.b64encode
    open(out, "wb").write(compact({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
        "dsseEnvelope": {"payload": text(body).decode(), "payloadType": kind,
                         "signatures": [{"sig": text(signature).decode()}]}}) + b"\n")


def main(source, out, what, *args):
    tar = tarfile.open(source)
    files = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
    index = json.loads(files["index.json"])
    blob = lambda digest: "blobs/sha256/" + digest[7:]
    old = index["manifests"][0]["digest"]
    manifest = json.loads(files[blob(old)])
    layers = manifest["layers"]
    name = lambda layer: layer["annotations"]["org.opencontainers.image.title"]
    find = lambda prefix: next(x for x in layers if name(x).startswith(prefix))

    def put(layer, data):
        layer["digest"] = "sha256:" + hashlib.sha256(data).hexdigest()
        layer["size"] = len(data)
        files[blob(layer["digest"])] = data

    if what == "flip":
        path = blob(find(args[0])["digest"])
        data = bytearray(files[path])
        data[len(data) // 2] ^= 1
        files[path] = bytes(data)
    elif what == "drop-blob":
        del files[blob(find(args[0])["digest"])]
    elif what == "drop":
        layer = find(args[0])
        layers.remove(layer)
        del files[blob(layer["digest"])]
    elif what == "extra":
        files["blobs/sha256/" + "0" * 64] = b"extra"
    elif what == "reorder":
        layers[0], layers[1] = layers[1], layers[0]
    elif what == "rename":
        find(args[0])["annotations"]["org.opencontainers.image.title"] = args[1]
        layers.sort(key=name)
    elif what == "replace":
        layer = find(args[0])
        del files[blob(layer["digest"])]
        put(layer, open(args[1], "rb").read())
    elif what == "replace-text":
        layer = find(args[0])
        data = files.pop(blob(layer["digest"])).decode()
        assert args[1] in data
        put(layer, data.replace(args[1], args[2]).encode())
    del files[blob(old)]
    text = compact(manifest)
    index["manifests"][0].update(digest="sha256:" + hashlib.sha256(text).hexdigest(), size=len(text))
    files[blob(index["manifests"][0]["digest"])] = text
    files["index.json"] = compact(index)
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as to:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size = len(files[path])
            to.addfile(member, io.BytesIO(files[path]))
    if what == "truncate":
        data = open(out, "rb").read()
        open(out, "wb").write(data[:len(data) * 2 // 3])


if sys.argv[1] == "sign":
    sign(*sys.argv[2:])
else:
    main(*sys.argv[1:])
