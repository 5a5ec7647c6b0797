// Judges SBOMs: ajv by the published schema of SPDX 2.3, CycloneDX's own library, and SPDX
// expressions by another parser. A line of standard input is "valid|wrong spdx|cyclonedx FILE".
const fs = require("fs");
const path = require("path");
const Ajv = require("ajv");
const { Validation, Spec } = require("@cyclonedx/cyclonedx-library");
const parseExpression = require("spdx-expression-parse");

const schema = JSON.parse(fs.readFileSync(path.join(process.argv[2], "spdx-2.3.schema.json"), "utf8"));
const bySchema = new Ajv({ strict: false, allErrors: false }).compile(schema);
const strict = new Validation.JsonStrictValidator(Spec.Version.v1dot6);

const only = (list, what) => {
	const seen = new Set();
	for (const x of list) {
		if (seen.has(x)) throw new Error(`${what} twice: ${x}`);
		seen.add(x);
	}
	return seen;
};

// What the schema can't say: references, licences and times of a document of ours.
function checkSpdx(d) {
	if (!bySchema(d)) throw new Error(JSON.stringify(bySchema.errors));
	const ids = only([...d.packages, ...(d.files || [])].map((p) => p.SPDXID), "SPDXID");
	ids.add(d.SPDXID);
	for (const id of ids)
		if (!/^SPDXRef-[A-Za-z0-9.-]+$/.test(id)) throw new Error(`no SPDXID: ${id}`);
	const own = only((d.hasExtractedLicensingInfos || []).map((l) => l.licenseId), "LicenseRef");
	const used = new Set();
	for (const p of d.packages) {
		if (!p.supplier || !p.versionInfo) throw new Error(`NTIA: ${p.name}`);
		if (p.licenseDeclared === "NOASSERTION") continue;
		parseExpression(p.licenseDeclared);
		for (const ref of p.licenseDeclared.match(/LicenseRef-[A-Za-z0-9.-]+/g) || []) {
			if (!own.has(ref)) throw new Error(`not extracted: ${ref}`);
			used.add(ref);
		}
	}
	for (const l of d.hasExtractedLicensingInfos || []) {
		if (!used.has(l.licenseId)) throw new Error(`not used: ${l.licenseId}`);
		if (!l.extractedText) throw new Error(`no text: ${l.licenseId}`);
	}
	for (const r of d.relationships)
		for (const end of [r.spdxElementId, r.relatedSpdxElement])
			if (!ids.has(end)) throw new Error(`relationship of nothing: ${end}`);
	only(d.relationships.map((r) => JSON.stringify(r)), "relationship");
	if (d.relationships.filter((r) => r.relationshipType === "DESCRIBES").length !== 1)
		throw new Error("not one DESCRIBES");
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(d.creationInfo.created)) throw new Error("created");
}

async function checkCycloneDX(text) {
	const errors = await strict.validate(text);
	if (errors !== null) throw new Error(JSON.stringify(errors).slice(0, 2000));
	const d = JSON.parse(text);
	const refs = only([d.metadata.component, ...d.components].map((c) => c["bom-ref"]), "bom-ref");
	only(d.dependencies.map((x) => x.ref), "dependency");
	const order = d.dependencies.map((x) => x.ref);
	if (JSON.stringify(order) !== JSON.stringify([...order].sort((a, b) =>
		Buffer.compare(Buffer.from(a), Buffer.from(b))))) throw new Error("dependencies not in order");
	for (const x of d.dependencies)
		for (const ref of [x.ref, ...(x.dependsOn || [])])
			if (!refs.has(ref)) throw new Error(`dependency of nothing: ${ref}`);
	// From the image everything can be reached.
	const on = new Map(d.dependencies.map((x) => [x.ref, x.dependsOn || []]));
	const reached = new Set(), todo = [d.metadata.component["bom-ref"]];
	while (todo.length) {
		const ref = todo.pop();
		if (reached.has(ref)) continue;
		reached.add(ref);
		todo.push(...on.get(ref));
	}
	for (const ref of refs) if (!reached.has(ref)) throw new Error(`unreached: ${ref}`);
	for (const c of d.components)
		for (const l of c.licenses || []) if (l.expression) parseExpression(l.expression);
}

(async () => {
	let failed = 0, n = { valid: 0, wrong: 0 };
	for (const line of fs.readFileSync(0, "utf8").trim().split("\n")) {
		const [expected, format, file] = line.split(" ");
		const text = fs.readFileSync(file, "utf8");
		let found = "valid", why = "";
		try {
			if (format === "spdx") checkSpdx(JSON.parse(text));
			else await checkCycloneDX(text);
		} catch (e) {
			[found, why] = ["wrong", e.message];
		}
		n[expected]++;
		if (found !== expected) {
			console.error(`${file}: ${found}, expected ${expected}: ${why}`);
			failed++;
		}
	}
	if (!n.valid || !n.wrong) failed++;
	console.log(`${n.valid} valid, ${n.wrong} wrong documents, ${failed} judged otherwise`);
	process.exit(failed ? 1 : 0);
})();
