// Becomes dist/crictl.cjs. Runs the bundle beside it from V8's code cache of a whole earlier run, when there
// is one and this Node.js takes it. Node's own compile cache keeps only what loading compiles, and leaves
// every function that is called later to be compiled again at each start.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'crictl.main.cjs');
let cachedData;
try {
  cachedData = readFileSync(join(__dirname, 'crictl.code-cache'));
} catch {
  // It only saves time.
}
// The bundle is ASCII, and latin1 needs no decoding.
const source = `(require, module, exports) => {${readFileSync(filename, 'latin1')}\n}`;
const script = new Script(source, { filename, cachedData });
script.runInThisContext()(require, module, module.exports);
module.exports = script;
