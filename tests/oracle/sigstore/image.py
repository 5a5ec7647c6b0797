"""image.py STEM: STEM.oci.tar, the smallest image, and STEM.intoto.jsonl, as a build would leave it beside it.
Prints the digest of the manifest."""
import base64, hashlib, json, sys

def text(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

def member(name, data=b"", kind=b"0"):
    """One of docs/formats/tar.md."""
    mode = b"0000755" if kind == b"5" else b"0000644"
    head = (name.encode().ljust(100, b"\0") + mode + b"\0" + 2 * (b"%07o\0" % 0) + b"%011o\0" % len(data) +
            b"%011o\0" % 0 + b" " * 8 + kind + bytes(100) + b"ustar\x0000" + bytes(64) +
            2 * (b"%07o\0" % 0)).ljust(512, b"\0")
    head = head[:148] + b"%06o\0 " % sum(head) + head[156:]
    return head + data + bytes(-len(data) % 512)

def blob(data):
    digest = hashlib.sha256(data).hexdigest()
    blobs["blobs/sha256/" + digest] = data
    return "sha256:" + digest, len(data)

name, blobs = sys.argv[1], {}
image = "application/vnd.oci.image."
layer, layer_size = blob(member("./", kind=b"5") + bytes(1024))
config, config_size = blob(text({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {
    "type": "layers", "diff_ids": [layer]}, "history": [{"created_by": "test"}]}))
manifest, manifest_size = blob(text({"schemaVersion": 2, "mediaType": image + "manifest.v1+json",
    "config": {"mediaType": image + "config.v1+json", "digest": config, "size": config_size},
    "layers": [{"mediaType": image + "layer.v1.tar", "digest": layer, "size": layer_size}]}))
blobs["index.json"] = text({"schemaVersion": 2, "mediaType": image + "index.v1+json", "manifests": [{
    "mediaType": image + "manifest.v1+json", "digest": manifest, "size": manifest_size,
    "platform": {"architecture": "amd64", "os": "linux"},
    "annotations": {"io.containerd.image.name": "localhost/web:1.0.0",
                    "org.opencontainers.image.ref.name": "1.0.0"}}]})
blobs["manifest.json"] = text([{"Config": "blobs/sha256/" + config[7:], "RepoTags": ["localhost/web:1.0.0"],
                                "Layers": ["blobs/sha256/" + layer[7:]]}])
blobs["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
tar = member("blobs/", kind=b"5") + member("blobs/sha256/", kind=b"5")
for path in sorted(blobs):
    tar += member(path, blobs[path])
tar += bytes(1024)
open(name + ".oci.tar", "wb").write(tar)
file_hex = hashlib.sha256(tar).hexdigest()
with open(name + ".intoto.jsonl", "wb") as out:
    for predicate in ["https://slsa.dev/provenance/v1", "https://spdx.dev/Document/v2.3"]:
        statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": predicate, "predicate": {"a": 1},
                     "subject": [{"name": name + ".oci.tar", "digest": {"sha256": file_hex}},
                                 {"name": name + ".oci.tar#config", "digest": {"sha256": config[7:]}}]}
        out.write(text({"payload": base64.b64encode(text(statement)).decode(), "signatures": [],
                        "payloadType": "application/vnd.in-toto+json"}) + b"\n")
print(manifest)
