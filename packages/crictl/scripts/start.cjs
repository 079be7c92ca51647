// Becomes dist/crictl.cjs. Runs the files in dist/crictl, each from V8's code cache of a whole earlier run when
// there is one and this Node.js takes it. Node's own compile cache keeps only what loading compiles, and leaves
// every function that is called later to be compiled again at each start.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const folder = `${__dirname}/crictl/`;
/** By name what was loaded, in this order. */
const loaded = new Map();

function load(name) {
  if (!name.startsWith('./')) return require(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.module.exports;
  const filename = folder + name.slice(2);
  let cachedData;
  try {
    cachedData = readFileSync(`${filename}.cache`);
  } catch {
    // It only saves time.
  }
  // Node.js reads a string in UTF-8 without a buffer in between.
  const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData });
  const module = { exports: {} };
  loaded.set(name, { script, filename, module });
  script.runInThisContext()(load, module, module.exports);
  return module.exports;
}

load('./main.js');
module.exports = loaded;
