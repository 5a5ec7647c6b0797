#!/bin/sh
# ajv, another reader of JSON Schema, judges `ingot schema`.
#
#   schema-ajv.sh [PROGRAM]     PROGRAM is ingot ($INGOT, build/ingot) or recipe_tool
#
# The schema must be valid 2020-12 in ajv's strict mode, our recipes must be
# valid by it, and wrong ones with unknown keys or wrong types must not. When npm
# can't deliver ajv it says so and leaves with 77 (0 under tests/run, which counts it).
set -u
program=$(realpath "${1:-${INGOT:-$(dirname "$0")/../../build/ingot}}") || exit 2
root=$(realpath "$(dirname "$0")/../..") || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
"$program" schema >schema.json || exit 1

skip() {
	echo "skip schema-ajv: $1"
	[ -n "${INGOT_TEST_SCRATCH-}" ] || exit 77
	exit 0
}
command -v npm >/dev/null || skip "npm is not installed"
echo '{"private": true}' >package.json
if ! timeout 300 npm install --silent --no-audit --no-fund ajv@8 yaml@2 >npm.log 2>&1; then
	skip "npm can't install ajv: $(tail -n 1 npm.log)"
fi

# What YAML 1.2 reads otherwise than we do, or what only composing can see.
beyond='type-int-leading-zero include-type include-wrong'
for stderr in "$root"/tests/cli/recipe/*.stderr; do
	case=$(basename "$stderr" .stderr)
	case " $beyond " in *" $case "*) continue ;; esac
	if [ ! -s "$stderr" ]; then
		echo "valid $root/tests/cli/recipe/$case.yaml"
	elif grep -q '^error\[E030[24]\]' "$stderr"; then
		echo "wrong $root/tests/cli/recipe/$case.yaml"
	fi
done >cases
for recipe in "$root"/recipes/*.yaml "$root"/recipes/base/*.yaml; do
	echo "valid $recipe"
done >>cases

cat >judge.js <<'END'
const fs = require("fs");
const Ajv = require("ajv/dist/2020");
const yaml = require("yaml");
const schema = JSON.parse(fs.readFileSync("schema.json", "utf8"));
const validate = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema);
let failed = 0, n = { valid: 0, wrong: 0 };
for (const line of fs.readFileSync("cases", "utf8").trim().split("\n")) {
	const [expected, file] = [line.slice(0, 5), line.slice(6)];
	const found = validate(yaml.parse(fs.readFileSync(file, "utf8"))) ? "valid" : "wrong";
	n[expected]++;
	if (found !== expected) {
		console.error(`${file}: ${found}, expected ${expected}`, validate.errors);
		failed++;
	}
}
const bad = failed || !n.valid || !n.wrong;
console.log(`${bad ? "not ok" : "ok"} schema-ajv: ${n.valid} right, ${n.wrong} wrong recipes, ` +
	`${failed} judged otherwise`);
process.exit(bad ? 1 : 0);
END
node judge.js
